import type { Channel } from '@underlag/invoicing'
import { channelOf } from './adapter.js'
import { pingenAdapter } from './pingen/adapter.js'
import type { LetterSettings } from './settings.js'

/** Invoices on paper, by the provider that the settings name. */
export const letterChannel = (settings: LetterSettings): Channel => channelOf(pingenAdapter(settings), settings)
