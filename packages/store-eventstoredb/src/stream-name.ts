import type { StreamName } from '@underlag/kernel'

/** What the names of all our streams begin with: one filter serves every tenant. */
export const PREFIX = 'underlag.'

/** A tenant may have any name: `/`, which ends it in the name of a stream, is written as in a URL. */
const written = (tenant: string): string => tenant.replace(/[%/]/g, encodeURIComponent)
const asWritten = (text: string): string => text.replace(/%25|%2F/g, decodeURIComponent)

/**
 * `underlag.<kind>-<tenant>/<id>`. A kind has no `-`, so that the server's category is `underlag.<kind>`.
 * Frozen: streams are stored under these names.
 */
export const serverStream = (tenant: string, stream: StreamName): string => {
  const slash = stream.indexOf('/')
  return `${PREFIX}${stream.slice(0, slash)}-${written(tenant)}/${stream.slice(slash + 1)}`
}

/** The tenant and the stream of a name on the server; nothing where the name is not one of ours. */
export const ownStream = (name: string): { readonly tenant: string; readonly stream: StreamName } | undefined => {
  if (!name.startsWith(PREFIX)) return undefined
  const dash = name.indexOf('-')
  const slash = name.indexOf('/', dash)
  if (dash < 0 || slash < 0) return undefined
  return {
    tenant: asWritten(name.slice(dash + 1, slash)),
    stream: `${name.slice(PREFIX.length, dash)}/${name.slice(slash + 1)}`,
  }
}

/** For the server: a regular expression (.NET) of the names of one tenant's streams. */
export const streamsOf = (tenant: string): string =>
  `^underlag\\.[^-/]+-${written(tenant).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}/`

/** Where the parts of large appends lie: outside the prefix, so that no reader of the log meets them. */
export const overflowStream = (tenant: string, id: string): string => `underlagOverflow-${written(tenant)}/${id}`
