import { randomUUID } from 'node:crypto'
import type { OutcomeUnknown, RecordedEvent, StoreUnavailable, TooLarge } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import type { SentEvent } from './client.js'
import type { Server } from './server.js'
import { type Decoded, type EncodedEvent, hashOf, withContent } from './stored-event.js'
import { overflowStream } from './stream-name.js'

/** What the server adds to the data it was sent, at most, in bytes. */
const SLACK = 2_048
const EMPTY = Buffer.from('{}')

/**
 * Appends above the server's limit: the contents go to a stream of their own first, in as many appends as it takes, and then one
 * append of references is the only commit. What a crash leaves between the two is never read.
 */
export const moveToOverflow = async (
  server: Server,
  tenant: string,
  events: ReadonlyArray<EncodedEvent>,
  limit: number,
): Promise<E.Either<StoreUnavailable | OutcomeUnknown | TooLarge, ReadonlyArray<SentEvent>>> => {
  const id = randomUUID()
  const contents = events.map((event) => event.content())
  const largest = Math.max(...contents.map(({ byteLength }) => byteLength))
  if (largest > limit - SLACK) return E.left({ _tag: 'TooLarge', size: largest, limit: limit - SLACK })

  let expected = -1n
  let chunk: Array<SentEvent> = []
  let bytes = 0
  const flush = async (): Promise<E.Either<StoreUnavailable | OutcomeUnknown | TooLarge, void>> => {
    const appended = await server.append(overflowStream(tenant, id), expected, chunk)
    if (E.isLeft(appended)) return appended
    if (appended.right._tag === 'WrongRevision') throw new Error('a new stream of a random name was taken')
    expected += BigInt(chunk.length)
    chunk = []
    bytes = 0
    return E.right(undefined)
  }
  for (const content of contents) {
    if (bytes + content.byteLength > limit - SLACK) {
      const flushed = await flush()
      if (E.isLeft(flushed)) return flushed
    }
    chunk.push({ id: randomUUID(), type: 'Overflow', data: content, metadata: EMPTY })
    bytes += content.byteLength
  }
  const flushed = await flush()
  if (E.isLeft(flushed)) return flushed
  return E.right(
    events.map((event, revision) =>
      event.referring({ stream: id, revision, sha256: hashOf(contents[revision] as Uint8Array) }),
    ),
  )
}

/** Puts the contents that lie elsewhere in their places. */
export const fromOverflow = async (
  server: Server,
  tenant: string,
  decoded: ReadonlyArray<Decoded>,
): Promise<E.Either<StoreUnavailable, ReadonlyArray<RecordedEvent>>> => {
  const wanted = new Map<string, { from: number; to: number }>()
  for (const { ref } of decoded) {
    if (ref === undefined) continue
    const range = wanted.get(ref.stream) ?? { from: ref.revision, to: ref.revision }
    wanted.set(ref.stream, { from: Math.min(range.from, ref.revision), to: Math.max(range.to, ref.revision) })
  }
  const contents = new Map<string, Uint8Array>()
  for (const [id, { from, to }] of wanted) {
    const stream = overflowStream(tenant, id)
    const read = await server.read(to - from + 1, (last, left) => ({
      of: 'stream',
      stream,
      from: last === undefined ? BigInt(from) : last.revision + 1n,
      count: left,
    }))
    if (E.isLeft(read)) return read
    for (const { revision, data } of read.right) contents.set(`${id} ${revision}`, data)
  }
  const events: Array<RecordedEvent> = []
  for (const { event, ref } of decoded) {
    if (ref === undefined) events.push(event)
    else {
      const whole = withContent(event, ref, contents.get(`${ref.stream} ${ref.revision}`))
      if (E.isLeft(whole)) return whole
      events.push(whole.right)
    }
  }
  return E.right(events)
}
