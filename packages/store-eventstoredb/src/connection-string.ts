import type { StoreUnavailable } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { unavailable } from './failure.js'

/** Where a server, or a cluster, is, and how to be let in. */
export interface Address {
  readonly hosts: ReadonlyArray<{ readonly address: string; readonly port: number }>
  /** Whether the one host is a DNS name of the whole cluster. */
  readonly discover: boolean
  /** Without TLS. Only where the connection string says `tls=false`. */
  readonly insecure: boolean
  readonly user?: User
  /** File of the authority's certificate, PEM. Default: the authorities that Node trusts. */
  readonly tlsCAFile?: string
}

export interface User {
  readonly username: string
  readonly password: string
}

/** `host:port, …`, to be shown: no user and no password. */
export const shownAddress = ({ hosts }: Pick<Address, 'hosts'>): string =>
  hosts.map(({ address, port }) => `${address}:${port}`).join(', ')

const PORT = 2113
const OPTIONS = ['tls', 'tlsCAFile']

/**
 * Reads `esdb://[user:password@]host[:port][,host[:port]…][?tls=false&tlsCAFile=PATH]`, as the vendor's clients do;
 * `esdb+discover://` takes one DNS name for the whole cluster. No text of a failure holds the string: it may hold a password.
 */
export const parseAddress = (connection: string): E.Either<StoreUnavailable, Address> => {
  const bad = (problem: string): E.Either<StoreUnavailable, never> =>
    E.left(
      unavailable(
        `The connection string ${problem}.`,
        'Write esdb://HOST:PORT, or esdb://HOST1:PORT,HOST2:PORT,HOST3:PORT for a cluster; ?tls=false only on a server without TLS.',
      ),
    )
  const [, scheme, login, hostList, query = ''] =
    /^(esdb|esdb\+discover):\/\/(?:([^@/?]*)@)?([^@/?]*)\/?(?:\?(.*))?$/.exec(connection.trim()) ?? []
  if (scheme === undefined || hostList === undefined)
    return bad('does not begin with esdb:// or has parts that are not known')

  const hosts: Array<{ address: string; port: number }> = []
  for (const [i, one] of hostList.split(',').entries()) {
    const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(one) ?? []
    const address = bracketed === undefined ? plain : `[${bracketed}]`
    // Not shown: where the host was forgotten, or the password has a character that ends it, this is the password.
    if (address === undefined || Number(port ?? PORT) > 65_535)
      return bad(
        `names a host that is none (number ${i + 1}; characters of a password like / ? @ are written as %2F %3F %40)`,
      )
    hosts.push({ address, port: Number(port ?? PORT) })
  }
  const discover = scheme === 'esdb+discover'
  // The client would use the first one only, and say nothing.
  if (discover && hosts.length > 1)
    return bad('has several hosts with esdb+discover: list them with esdb://, or give one DNS name')

  const options = new Map<string, string>()
  for (const pair of query === '' ? [] : query.split('&')) {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/.exec(pair) ?? []
    const known = OPTIONS.find((option) => option.toLowerCase() === name.toLowerCase())
    if (known === undefined) {
      // Only what cannot be the rest of a password.
      const shown = query.includes('@') || !/^[A-Za-z]+$/.test(name) ? 'an option that' : `the option ${name}, which`
      return bad(`has ${shown} is not known (known are ${OPTIONS.join(', ')})`)
    }
    options.set(known, decoded(value))
  }
  const tls = options.get('tls')
  if (tls !== undefined && tls !== 'true' && tls !== 'false') return bad('has a tls that is neither true nor false')

  const [, username, password] = /^([^:]+):(.+)$/.exec(login ?? '') ?? []
  if (login !== undefined && username === undefined) return bad('has a user without a password')
  const insecure = tls === 'false'
  if (insecure && username !== undefined)
    return bad('has a password and tls=false: it would cross the network in the clear')
  const tlsCAFile = options.get('tlsCAFile')
  return E.right({
    hosts,
    discover,
    insecure,
    ...(username === undefined || password === undefined
      ? {}
      : { user: { username: decoded(username), password: decoded(password) } }),
    ...(tlsCAFile === undefined ? {} : { tlsCAFile }),
  })
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
