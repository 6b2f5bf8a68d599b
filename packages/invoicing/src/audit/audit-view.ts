import type { Json, JsonObject, Projection, RecordedEvent } from '@underlag/kernel'

/** Key of an event in the trail: its position, so that keys sort as positions do. */
export const auditKey = (position: bigint): string => position.toString().padStart(16, '0')

/** Fields whose value is an id that somebody may ask about. */
const ID_FIELDS = [
  'bookingId',
  'journalEntryId',
  'lineId',
  'clientId',
  'companyId',
  'treatmentTypeId',
  'contactTypeId',
  'itemId',
  'invoiceNumber',
  'credits',
  'deliveryId',
  'ocr',
]

/** Every id of the domain that an event speaks of, and the invoice numbers. */
const idsOf = ({ stream, data, metadata }: RecordedEvent): ReadonlySet<string> => {
  const ids = new Set<string>([stream.slice(stream.indexOf('/') + 1), metadata.commandId])
  const gather = (object: JsonObject): void => {
    for (const field of ID_FIELDS) {
      const value = object[field]
      if (typeof value !== 'string') continue
      ids.add(value)
      const source = /^(?:booking|journalEntry|line):(.+)$/.exec(value)
      if (source?.[1] !== undefined) ids.add(source[1])
    }
    for (const kind of ['client', 'company'] as const) {
      const id = object[`${kind}Id`]
      if (typeof id === 'string') ids.add(`${kind}:${id}`)
    }
    const payer = object.payer
    if (typeof payer === 'object' && payer !== null && 'id' in payer) {
      ids.add(String(payer.id))
      ids.add(`${payer.kind}:${payer.id}`)
    }
    for (const list of [object.lines, object.refused])
      if (Array.isArray(list)) for (const element of list) gather(element as JsonObject)
  }
  gather(data)
  return ids
}

/** Which events speak of an id (`about`), and which an actor or command caused (`actor`). The document of an event is its time of recording. */
export const auditView: Projection = {
  table: { name: 'audit', version: 1 },
  // Who holds the delivery lease is the machine's business, not the clinic's.
  keys: ({ position, stream }) => (stream.startsWith('lease/') ? [] : [auditKey(position)]),
  once: true,
  evolve: (_, event) => ({
    at: event.metadata.recordedAt,
    about: [...idsOf(event)],
    actor: event.metadata.actor ?? null,
  }),
  terms: (document: Json) => {
    const { about, actor } = document as unknown as { about: ReadonlyArray<string>; actor: string | null }
    return [...about.map((id) => ['about', id] as const), ...(actor === null ? [] : [['actor', actor] as const])]
  },
}
