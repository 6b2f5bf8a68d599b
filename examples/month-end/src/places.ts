import { rmSync } from 'node:fs'
import { join } from 'node:path'

/** Where everything lies. */
export interface Places {
  readonly folder: string
  readonly store: string
  readonly invoices: string
  readonly mails: string
}

export const placesIn = (folder: string): Places => ({
  folder,
  store: join(folder, 'underlag.db'),
  invoices: join(folder, 'invoices'),
  mails: join(folder, 'mails'),
})

/** Removes what earlier runs left, and nothing else that may lie there. */
export const clear = ({ store, invoices, mails }: Places): void => {
  for (const file of [store, `${store}.read`, `${store}.keys`])
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true })
  for (const folder of [invoices, mails]) rmSync(folder, { recursive: true, force: true })
}
