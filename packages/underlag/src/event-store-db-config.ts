import { Secret } from '@underlag/channels'
import { record, text } from '@underlag/kernel'
import type * as t from 'io-ts'

/** What a store on EventStoreDB needs beside its connection string. */
export interface EventStoreDBConfig {
  /** Path of this machine's own files: `PATH.read`, `PATH.keys`, `PATH.documents`. Default: `./underlag.esdb`. */
  readonly files?: string
  readonly user?: { readonly username: string; readonly password: Secret }
  /** File of the authority that signed the servers' certificates, PEM. Default: those that Node trusts. */
  readonly tlsCAFile?: string
}

export const EventStoreDBConfig: t.Type<EventStoreDBConfig, unknown, unknown> = record(
  {},
  {
    files: text('the path that the files of this machine begin with', /^.+$/),
    user: record({ username: text('the name of a user of the server', /^[^:]+$/), password: Secret }),
    tlsCAFile: text('the path of a file of certificates', /^.+$/),
  },
)
