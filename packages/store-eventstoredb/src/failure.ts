import type { StoreUnavailable } from '@underlag/kernel'

/** gRPC status codes, https://grpc.io/docs/guides/status-codes/. */
const INVALID_ARGUMENT = 3
const PERMISSION_DENIED = 7
const RESOURCE_EXHAUSTED = 8
const UNAVAILABLE = 14
const UNAUTHENTICATED = 16

/** What went wrong with one call, as far as it matters for what to do next. */
export type Fault =
  /** The server has its answer, and it will be the same the next time. */
  | { readonly _tag: 'Refused'; readonly failure: StoreUnavailable }
  /** The append is above the server's limit, in bytes. */
  | { readonly _tag: 'AboveLimit'; readonly limit: number }
  /** Anything else may go well on another connection. `sent`: whether the server may have got it. */
  | {
      readonly _tag: 'Lost'
      readonly failure: StoreUnavailable
      readonly sent: boolean
      /** A follower named the leader, and the client goes there by itself. */
      readonly elsewhere: boolean
    }

export const unavailable = (reason: string, remedy: string, transient = false): StoreUnavailable => ({
  _tag: 'StoreUnavailable',
  reason,
  remedy,
  transient,
})

export const CLOSED = unavailable('The connection to EventStoreDB was closed.', 'Open another.')

/** What was read, or acknowledged, is not there: whoever remembers it is wrong about the rest as well. */
export const PUT_BACK = unavailable(
  'The log on the EventStoreDB server is another than it was: a backup was put back.',
  'Start every program again that had it open.',
)

/** Whether the server was given a position at which no event begins. It says no more than that it failed. */
export const isNoPlace = (error: unknown): boolean =>
  /Unexpected (Filtered)?ReadAllResult: Error/.test(String((error as { readonly details?: unknown }).details))

/** A call that was given up: no answer, and no sign of life either. */
export class Stalled extends Error {
  readonly code = UNAVAILABLE
  constructor() {
    super('no answer')
  }
}

/**
 * Every error may go away by itself (a graceful stop of the server arrives as code 13, of an unknown type), but for those that
 * say that this user, or this call, will never do. The texts of gRPC name addresses and certificates, no content and no secret.
 */
export const faultOf = (error: unknown, server: string): Fault => {
  const { code, message, details, metadata } = error as {
    readonly code?: unknown
    readonly message?: unknown
    readonly details?: unknown
    readonly metadata?: { readonly getMap?: () => Readonly<Record<string, unknown>> }
  }
  const said = metadata?.getMap?.() ?? {}
  const text = String(details ?? message ?? 'no details')
    // gRPC's words go on over several lines, tell the time, and end with what it does not know.
    .replace(/\s*Resolution note: *\.?$/, '')
    .replace(/\s*\(\d{4}-[\d:.TZ-]+\)/, '')
    .replace(/\s+/g, ' ')
    .replace(/[.: ]+$/, '')
  switch (said.exception) {
    case 'maximum-append-size-exceeded':
      return { _tag: 'AboveLimit', limit: Number(said['maximum-append-size']) }
    case 'stream-deleted':
      return {
        _tag: 'Refused',
        failure: unavailable(
          `A stream was deleted for good on ${server}.`,
          'Restore the last backup: no stream of Underlag may ever be deleted.',
        ),
      }
    case 'access-denied':
      return { _tag: 'Refused', failure: denied(server) }
  }
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED) return { _tag: 'Refused', failure: denied(server) }
  if (code === INVALID_ARGUMENT || code === RESOURCE_EXHAUSTED)
    return {
      _tag: 'Refused',
      failure: unavailable(
        `EventStoreDB at ${server} refused a call: ${text}.`,
        'Report this with the versions of Underlag and of the server.',
      ),
    }
  const certificate = /certificate|self.signed|CERT|altnames|wrong version number|EPROTO/i.test(text)
  return {
    _tag: 'Lost',
    elsewhere: said.exception === 'not-leader',
    // What never found a connection was not sent. Anything else may have reached the server before the answer was lost.
    sent:
      said.exception !== 'not-leader' &&
      !/No connection established|ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|Failed to discover|Name resolution/i.test(text),
    failure: certificate
      ? unavailable(
          `There is no safe connection to EventStoreDB at ${server}: ${text}.`,
          'Name the file of the authority that signed its certificate (tlsCAFile), or, on a server without TLS, say tls=false.',
          true,
        )
      : unavailable(
          `EventStoreDB at ${server} cannot be reached: ${text}.`,
          'See that it runs, that address and port are right, and try again.',
          true,
        ),
  }
}

const denied = (server: string): StoreUnavailable =>
  unavailable(
    `EventStoreDB at ${server} does not let this user in.`,
    'See that user and password are right, and that the user may read $all and write.',
  )
