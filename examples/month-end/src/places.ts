import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UnderlagOptions } from 'underlag'

/** Where everything lies. */
export interface Places {
  readonly folder: string
  /** The store as a person reads it: a file, or a server. */
  readonly store: string
  /** How a call of the command line names it. */
  readonly named: ReadonlyArray<string>
  /** The demo's own options, for the same again and for a new start, which on a server is another tenant in another folder. */
  readonly again: ReadonlyArray<string>
  readonly anew: { readonly folder: string; readonly options: ReadonlyArray<string> }
  /** How the library is opened on it. */
  readonly open: Pick<UnderlagOptions, 'store' | 'tenant' | 'config'>
  readonly invoices: string
  readonly mails: string
  /** The file of the bank, and the vouchers for the bookkeeping program. */
  readonly notification: string
  readonly vouchers: string
}

export const placesIn = (folder: string): Places => {
  const file = join(folder, 'underlag.db')
  return {
    ...{ folder, store: file, named: ['--store', `sqlite:${file}`], open: { store: `sqlite:${file}` } },
    ...{
      again: [],
      anew: { folder, options: ['--fresh'] },
      invoices: join(folder, 'invoices'),
      mails: join(folder, 'mails'),
      notification: join(folder, 'avisering.xml'),
      vouchers: join(folder, 'FAKT.SI'),
    },
  }
}

/** The same with the log on EventStoreDB: this is all that a host changes. */
export const onCluster = (places: Places, store: `esdb://${string}`, tenant: string): Places => {
  const config = { eventStoreDB: { files: join(places.folder, 'underlag.esdb') } }
  const file = join(places.folder, 'underlag.json')
  mkdirSync(places.folder, { recursive: true })
  writeFileSync(file, `${JSON.stringify(config)}\n`)
  return {
    ...places,
    store: `the tenant ${tenant} on EventStoreDB`,
    named: ['--store', store, '--tenant', tenant, '--config', file],
    again: ['--store', store, '--tenant', tenant],
    anew: { folder: `${places.folder}-2`, options: ['--store', store, '--tenant', `${tenant}-2`] },
    open: { store, tenant, config },
  }
}

/** Removes what earlier runs left, and nothing else that may lie there. */
export const clear = ({ store, invoices, mails, notification, vouchers }: Places): void => {
  for (const file of [store, `${store}.read`, `${store}.keys`])
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true })
  for (const file of [notification, vouchers]) rmSync(file, { force: true })
  for (const folder of [invoices, mails]) rmSync(folder, { recursive: true, force: true })
}
