import { randomBytes, randomUUID } from 'node:crypto'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Key, KeySubject, Keys } from '../keys.js'

/** Keys by tenant, then by subject and purpose, shared by handles. */
export type MemoryKeys = Map<string, Map<string, MemoryKey>>
type MemoryKey = KeySubject & Key & { readonly erased?: true }

/** The keys of one tenant in memory: lost with the process, and everything sealed with them. */
export const memoryKeys = (all: MemoryKeys = new Map(), tenant = 'default'): Keys => {
  const own = (): Map<string, MemoryKey> => {
    const found = all.get(tenant) ?? new Map<string, MemoryKey>()
    all.set(tenant, found)
    return found
  }
  const obtain = ({ subject, purpose }: KeySubject): Key => {
    const name = JSON.stringify([subject, purpose])
    const found = own().get(name) ?? { subject, purpose, id: randomUUID(), secret: new Uint8Array(randomBytes(32)) }
    own().set(name, found)
    return { id: found.id, secret: found.secret.slice() }
  }
  return {
    obtain: (subjects) => TE.fromIO(() => subjects.map(obtain)),
    find: (ids) =>
      TE.fromIO(() => {
        const secrets = new Map([...own().values()].flatMap(({ id, secret, erased }) => (erased ? [] : [[id, secret]])))
        return ids.map((id) => O.fromNullable(secrets.get(id)?.slice()))
      }),
    isErased: (ids) => TE.fromIO(() => ids.map((id) => own().get(id)?.erased === true)),
    erase: (subject, purpose) =>
      TE.fromIO(() => {
        for (const [name, key] of [...own()]) {
          if (key.subject !== subject || (purpose !== undefined && key.purpose !== purpose)) continue
          own().delete(name)
          own().set(key.id, { ...key, secret: new Uint8Array(), erased: true })
        }
      }),
    close: async () => {},
  }
}
