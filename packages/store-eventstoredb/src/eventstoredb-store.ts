import type { Position, RawEventStore, StoreUnavailable } from '@underlag/kernel'
import { readOrdinaryFile, START } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { type Address, parseAddress, shownAddress, type User } from './connection-string.js'
import { eventLog, type Shared } from './event-log.js'
import { unavailable } from './failure.js'
import { connectServer } from './server.js'
import { type Health, subscriptions } from './subscriptions.js'

export type { User } from './connection-string.js'
export type { Health } from './subscriptions.js'

export interface EventStoreDBOptions {
  /** Who logs in, where the connection string does not say. */
  readonly user?: User
  /** File of the authority that signed the servers' certificates, PEM, where the connection string does not say. */
  readonly tlsCAFile?: string
  /** How long a call is tried again while the server cannot be reached, in ms. Default: 20 000. */
  readonly patienceMs?: number
}

/** The logs of all tenants on one server or cluster. Handles share its connections and its one subscription. */
export interface EventStoreDB {
  readonly eventStore: (tenant: string) => RawEventStore
  /** How the subscription is, for whoever watches over the host. */
  readonly health: () => Health
  /** How far the subscription is behind the end of the server's log, in bytes of log. 0 while nobody subscribes. */
  readonly lag: TE.TaskEither<StoreUnavailable, bigint>
  /** The server's name for its log: another log has another. */
  readonly logId: string
  readonly close: () => Promise<void>
}

/** How long the first call may take, in ms: a mistyped address should be told soon. */
const FIRST_PATIENCE = 5_000
const PATIENCE = 20_000

/**
 * Opens a server by a connection string, `esdb://HOST:PORT`, or a cluster, `esdb://HOST1:PORT,HOST2:PORT,HOST3:PORT`.
 * TLS unless the string says `tls=false`. Fails where no leader answers within some seconds.
 */
export const openEventStoreDB =
  (connection: string, options: EventStoreDBOptions = {}): TE.TaskEither<StoreUnavailable, EventStoreDB> =>
  async () => {
    const parsed = parseAddress(connection)
    if (E.isLeft(parsed)) return parsed
    const address: Address = {
      ...(options.user === undefined ? {} : { user: options.user }),
      ...(options.tlsCAFile === undefined ? {} : { tlsCAFile: options.tlsCAFile }),
      ...parsed.right,
    }
    if (address.insecure && address.user !== undefined) {
      return E.left(
        unavailable(
          `There is a user for ${shownAddress(address)}, and tls=false: the password would cross the network in the clear.`,
          'Leave out tls=false, or the user.',
        ),
      )
    }
    const authority = authorityOf(address)
    if (E.isLeft(authority)) return authority
    const base = { address, ...(authority.right === undefined ? {} : { authority: authority.right }) }

    const first = connectServer({ ...base, patienceMs: FIRST_PATIENCE })
    const end = await first.read(1, () => ({ of: 'all', backwards: true, count: 1 }))
    const begin = E.isLeft(end) ? end : await first.read(1, () => ({ of: 'all', count: 1 }))
    await first.close()
    if (E.isLeft(begin)) return begin

    const server = connectServer({ ...base, patienceMs: options.patienceMs ?? PATIENCE })
    const shared: Shared = { server, subscriptions: subscriptions(server), limit: Number.MAX_SAFE_INTEGER }
    return E.right({
      eventStore: (tenant) => eventLog(shared, tenant),
      health: shared.subscriptions.health,
      lag: async () => {
        const { state, position } = shared.subscriptions.health()
        if (state === 'idle') return E.right(0n)
        const last = await server.read(1, () => ({ of: 'all', backwards: true, count: 1 }))
        if (E.isLeft(last)) return last
        const at: Position = last.right[0]?.position ?? START
        return E.right(at > position ? at - position : 0n)
      },
      logId: begin.right[0]?.id ?? '',
      close: async () => {
        await shared.subscriptions.close()
        await server.close()
      },
    })
  }

const authorityOf = ({ tlsCAFile, insecure }: Address): E.Either<StoreUnavailable, Buffer | undefined> => {
  if (tlsCAFile === undefined || insecure) return E.right(undefined)
  return E.mapLeft((problem: string) =>
    unavailable(
      `The certificate file ${tlsCAFile} ${problem}.`,
      'Name the file of the authority that signed the certificates of the servers.',
    ),
  )(readOrdinaryFile(tlsCAFile, authorityTooLarge))
}

/** All the authorities that the web trusts take some 200 000. */
const AUTHORITY_BYTES = 1_000_000
const authorityTooLarge = (bytes: number): string | undefined =>
  bytes <= AUTHORITY_BYTES ? undefined : `is ${bytes} bytes; certificates have at most ${AUTHORITY_BYTES}`
