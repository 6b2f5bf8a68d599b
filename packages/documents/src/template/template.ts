import type { Template } from './options.js'
import { render as render1 } from './v1/template.js'

/** The template that new invoices are issued with; each invoice carries the version that was in force (`templateVersion`). */
export const TEMPLATE_VERSION = 1

const templates: ReadonlyMap<number, Template> = new Map([[1, render1]])

/** The template of that version. A version from the future (a newer library wrote it) gets the newest known here. */
export const templateOf = (version: number): Template => templates.get(version) ?? render1
