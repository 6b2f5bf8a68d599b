import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Environment, resolveSecret } from '@underlag/channels'
import { markOf, START, type StoreUnavailable } from '@underlag/kernel'
import type { EventStoreDB, EventStoreDBOptions, User } from '@underlag/store-eventstoredb'
import { openDocuments, openKeys, openReadModels, type SqliteReadModels } from '@underlag/store-sqlite'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { UnderlagConfig, UnusableConfig } from './config.js'
import type { EventStoreDBConfig } from './event-store-db-config.js'
import type { Ports } from './ports.js'
import { projections } from './runtime.js'

/** `esdb://…` or `esdb+discover://…`. */
export type EventStoreDBConnection = `esdb://${string}` | `esdb+discover://${string}`

export const isEventStoreDB = (store: unknown): store is EventStoreDBConnection =>
  typeof store === 'string' && /^esdb(\+discover)?:\/\//.test(store)

/** What all tenants of a process share: one connection, one subscription, one set of files. */
interface Opened {
  readonly log: EventStoreDB
  readonly readModels: (tenant: string) => Ports['readModels']
  readonly taken: SqliteReadModels['taken']
  readonly empty: (tenant: string) => TE.TaskEither<StoreUnavailable, void>
  /** Opened when first asked for; the file is made where there is none. */
  readonly keys: TE.TaskEither<StoreUnavailable, (tenant: string) => Ports['keys']>
  readonly documents: (tenant: string) => Ports['documents']
  readonly close: () => Promise<void>
}

export interface EventStoreDBPlace {
  readonly connection: EventStoreDBConnection
  readonly config: Pick<UnderlagConfig, 'eventStoreDB' | 'keys'>
  readonly env: Environment
  /** Whether a tenant without events may begin one. */
  readonly create: boolean
}

/** The path that the files of this machine begin with. */
export const filesOf = ({ files = './underlag.esdb' }: EventStoreDBConfig = {}): string => resolve(files)

/** One tenant's ports: its log on the server, the rest in this machine's files. */
export const eventStoreDBPorts = (
  { connection, config: { eventStoreDB: config = {}, keys: keysConfig }, env, create }: EventStoreDBPlace,
  tenant: string,
): TE.TaskEither<StoreUnavailable | UnusableConfig, Ports> => {
  const files = filesOf(config)
  const keys = resolve(keysConfig?.file ?? `${files}.keys`)
  return pipe(
    TE.fromEither(optionsOf(config, env)),
    TE.chainW((options) =>
      shared(JSON.stringify([connection, options, files, keys]), async () => {
        const { openEventStoreDB } = await import('@underlag/store-eventstoredb')
        const log = await openEventStoreDB(connection, options)()
        return E.isLeft(log) ? log : localFiles(log.right, files, keys)
      }),
    ),
    TE.chainW(({ opened, release }) =>
      pipe(
        begun(opened, tenant, keys, create),
        TE.chain(() => opened.keys),
        TE.bimap(
          (failure) => {
            void release()
            return failure
          },
          (keysOf): Ports => {
            const eventStore = opened.log.eventStore(tenant)
            return {
              eventStore,
              readModels: opened.readModels(tenant),
              keys: keysOf(tenant),
              documents: opened.documents(tenant),
              following: followingOf(opened.log, tenant),
              close: async () => {
                await eventStore.close()
                await release()
              },
            }
          },
        ),
      ),
    ),
  )
}

/** One tenant's log and documents alone, for copying: no key is asked for. */
export const openRawEventStoreDB = (
  { connection, config: { eventStoreDB: config = {} }, env, create }: EventStoreDBPlace,
  tenant: string,
): TE.TaskEither<
  StoreUnavailable | UnusableConfig,
  Pick<Ports, 'eventStore' | 'documents'> & { readonly close: () => Promise<void> }
> =>
  pipe(
    TE.fromEither(optionsOf(config, env)),
    TE.chainW((options) => async () => {
      const { openEventStoreDB } = await import('@underlag/store-eventstoredb')
      const log = await openEventStoreDB(connection, options)()
      if (E.isLeft(log)) return log
      const eventStore = log.right.eventStore(tenant)
      const end = await eventStore.end()
      const documents = await openDocuments(`${filesOf(config)}.documents`)()
      const close = async (): Promise<void> => {
        await log.right.close()
        if (E.isRight(documents)) await documents.right.close()
      }
      const failure = E.isLeft(end) ? end : E.isLeft(documents) ? documents : undefined
      if (failure !== undefined) return close().then(() => failure)
      if (E.isRight(end) && end.right === START && !create) return close().then(() => E.left(nothing(tenant)))
      return E.isLeft(documents)
        ? documents
        : E.right({ eventStore, documents: documents.right.documents(tenant), close })
    }),
  )

const optionsOf = (config: EventStoreDBConfig, env: Environment): E.Either<UnusableConfig, EventStoreDBOptions> =>
  pipe(
    userOf(config, env),
    E.map((user) => ({ ...given('user', user), ...given('tlsCAFile', config.tlsCAFile) })),
  )

const userOf = ({ user }: EventStoreDBConfig, env: Environment): E.Either<UnusableConfig, User | undefined> => {
  if (user === undefined) return E.right(undefined)
  const password = resolveSecret(env)('eventStoreDB.user.password', user.password)
  return E.isLeft(password)
    ? E.left({ _tag: 'UnusableConfig', problems: [password.left.detail] })
    : E.right({ username: user.username, password: password.right })
}

const given = <K extends string, A>(name: K, value: A | undefined): { readonly [_ in K]?: A } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [_ in K]?: A }

/**
 * The keys are made only after the log: opened before it is known to be new, they would hide that the right ones are missing,
 * and everybody would read as erased. The read models are only as good as the log they were made from: a log that was put back
 * from a backup ends before them, or went on otherwise.
 */
const begun = (opened: Opened, tenant: string, keys: string, create: boolean): TE.TaskEither<StoreUnavailable, void> =>
  pipe(
    opened.log.eventStore(tenant).end,
    TE.chain((end) => {
      if (end === START && !create) return TE.left(nothing(tenant))
      if (end !== START && !existsSync(keys)) return TE.left(keysMissing(keys, tenant))
      return emptiedWhenOfAnother(opened, tenant)
    }),
  )

const followingOf = (log: EventStoreDB, tenant: string): NonNullable<Ports['following']> =>
  pipe(
    log.lag,
    TE.map((lag) => {
      const { state, restarts, reason, parked } = log.health()
      return { state, lag, restarts, ...given('reason', reason), ...given('parked', parked.get(tenant)) }
    }),
  )

const emptiedWhenOfAnother =
  ({ log, taken, empty }: Opened, tenant: string): TE.TaskEither<StoreUnavailable, void> =>
  async () => {
    const marks = new Map<bigint, string | undefined>()
    for (const { table } of projections) {
      const known = await taken(tenant, table)()
      if (E.isLeft(known)) return known
      if (known.right.position !== START) marks.set(known.right.position, known.right.mark)
    }
    const read = await log.eventStore(tenant).readAt([...marks.keys()])()
    if (E.isLeft(read)) return read
    for (const event of read.right)
      if ([undefined, markOf(event)].includes(marks.get(event.position))) marks.delete(event.position)
    return marks.size === 0 ? E.right(undefined) : empty(tenant)()
  }

const nothing = (tenant: string): StoreUnavailable => ({
  _tag: 'StoreUnavailable',
  reason: `There is nothing of the tenant ${tenant} on that server.`,
  remedy: 'Name the right server and tenant, or make it with underlag execute.',
  transient: false,
})

const keysMissing = (keys: string, tenant: string): StoreUnavailable => ({
  _tag: 'StoreUnavailable',
  reason: `The log of the tenant ${tenant} has events, and the key file ${keys} is missing on this machine.`,
  remedy:
    'Bring it from the machine that wrote them, or name its place as keys.file in the configuration. If it is lost for good, make an empty file there: what was sealed then reads as erased.',
  transient: false,
})

const localFiles = async (
  log: EventStoreDB,
  files: string,
  keysPath: string,
): Promise<E.Either<StoreUnavailable, Opened>> => {
  const closing: Array<() => Promise<void>> = [log.close]
  const close = async (): Promise<void> => {
    for (const one of closing) await one()
  }
  const models = await openReadModels(`${files}.read`, log.logId)()
  if (E.isLeft(models)) return close().then(() => models)
  closing.push(models.right.close)
  const documents = await openDocuments(`${files}.documents`)()
  if (E.isLeft(documents)) return close().then(() => documents)
  closing.push(documents.right.close)
  let keys: ((tenant: string) => Ports['keys']) | undefined
  return E.right({
    log,
    readModels: models.right.readModels,
    taken: models.right.taken,
    empty: models.right.empty,
    documents: documents.right.documents,
    keys: async () => {
      if (keys === undefined) {
        const opened = await openKeys(keysPath)()
        if (E.isLeft(opened)) return opened
        closing.push(opened.right.close)
        keys = opened.right.keys
      }
      return E.right(keys)
    },
    close,
  })
}

interface Entry {
  readonly opened: Promise<E.Either<StoreUnavailable, Opened>>
  users: number
}
const entries = new Map<string, Entry>()

/** The same for everybody in this process who asks for the same; closed with the last of them. */
const shared =
  (
    name: string,
    open: () => Promise<E.Either<StoreUnavailable, Opened>>,
  ): TE.TaskEither<StoreUnavailable, { readonly opened: Opened; readonly release: () => Promise<void> }> =>
  async () => {
    const entry = entries.get(name) ?? { opened: open(), users: 0 }
    entries.set(name, entry)
    entry.users += 1
    const leave = (): boolean => {
      entry.users -= 1
      if (entry.users > 0) return false
      if (entries.get(name) === entry) entries.delete(name)
      return true
    }
    const opened = await entry.opened
    if (E.isLeft(opened)) {
      leave()
      return opened
    }
    return E.right({
      opened: opened.right,
      release: async () => {
        if (leave()) await opened.right.close()
      },
    })
  }
