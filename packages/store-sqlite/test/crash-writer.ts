/**
 * A process that appends until it is killed: `node crash-writer.js PATH WRITER`.
 * Prints `ack STREAM REVISION SIZE` for each batch after it was answered, by a write that is done when the call returns.
 */
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { NO_STREAM, type StreamName } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { openSqlite } from '../src/index.js'

const [path = '', writer = ''] = process.argv.slice(2)

const opened = await openSqlite(path)()
if (E.isLeft(opened)) throw new Error(opened.left.reason)
const store = opened.right.eventStore('default')

/** Several at once, so that a group commit is cut in two by the kill, if it can be. */
const append = async (lane: number): Promise<void> => {
  for (let round = 0; ; round++) {
    // Its own stream, and every third time one that all writers share and fight for.
    const stream: StreamName = round % 3 === 0 ? `shared/${lane}` : `own/${writer}.${lane}`
    const head = await store.read(stream, NO_STREAM)()
    if (E.isLeft(head)) throw new Error(head.left.reason)
    const size = 1 + (round % 4)
    const batch = randomUUID()
    const events = Array.from({ length: size }, (_, i) => ({
      id: randomUUID(),
      type: 'Happened',
      data: { batch, i, size, filling: 'x'.repeat((round * 97) % 3000) },
      personal: [],
      metadata: { commandId: batch, correlationId: batch, causationId: batch, at: '', recordedAt: '' },
    }))
    const answer = await store.append(stream, BigInt(head.right.length) - 1n, events)()
    if (E.isRight(answer)) writeSync(1, `ack ${stream} ${answer.right.revision} ${size} ${batch}\n`)
    else if (answer.left._tag !== 'Conflict') throw new Error(JSON.stringify(answer.left))
  }
}

await Promise.all([0, 1, 2, 3].map(append))
