import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { openSqlite, type SqliteOptions, type SqliteStore } from '../src/index.js'

/** A folder for one test, and stores in it; every store is a connection of its own, as of another process. */
export interface Temporary {
  readonly folder: string
  readonly path: string
  readonly open: (options?: SqliteOptions) => Promise<SqliteStore>
  readonly cleanup: () => Promise<void>
}

export const temporary = async (): Promise<Temporary> => {
  const folder = await mkdtemp(join(tmpdir(), 'underlag-sqlite-'))
  const path = join(folder, 'underlag.db')
  const opened: Array<SqliteStore> = []
  return {
    folder,
    path,
    open: async (options) => {
      const store = await openSqlite(path, options)()
      if (E.isLeft(store)) throw new Error(`${store.left.reason} ${store.left.remedy}`)
      opened.push(store.right)
      return store.right
    },
    cleanup: async () => {
      await Promise.all(opened.map((store) => store.close()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A fixture for a contract: each handle has a store of its own, closed with it. */
export const fixtureOf =
  <Port extends { readonly close: () => Promise<void> }>(port: (store: SqliteStore, tenant: string) => Port) =>
  async () => {
    const { open, cleanup } = await temporary()
    return {
      open: async (tenant = 'default'): Promise<Port> => {
        const store = await open()
        const handle = port(store, tenant)
        return {
          ...handle,
          close: async () => {
            await handle.close()
            await store.close()
          },
        }
      },
      cleanup,
    }
  }
