import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { NO_STREAM, type RecordedEvent, START } from '@underlag/kernel'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { type Temporary, temporary } from './temporary-store.js'

const Crash = suite('SQLite: killed processes')

const program = fileURLToPath(new URL('./crash-writer.js', import.meta.url))

interface Acknowledged {
  readonly stream: string
  readonly revision: number
  readonly size: number
  readonly batch: string
}

/** Runs writers on one file and kills each at a moment of its own; gives back what they said was stored. */
const killedWriters = async (path: string, round: number, writers: number): Promise<ReadonlyArray<Acknowledged>> => {
  const acknowledged: Array<Acknowledged> = []
  await Promise.all(
    Array.from(
      { length: writers },
      (_, w) =>
        new Promise<void>((resolve, reject) => {
          const child = spawn(process.execPath, [program, path, `${round}-${w}`], { stdio: ['ignore', 'pipe', 'pipe'] })
          let out = ''
          let err = ''
          child.stdout.on('data', (chunk) => {
            // The clock runs from the first answer, so that however slow the machine is there is something to lose.
            if (out === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * 250)
            out += chunk
          })
          child.stderr.on('data', (chunk) => {
            err += chunk
          })
          child.on('close', (code, signal) => {
            if (signal !== 'SIGKILL') return reject(new Error(`writer ended by itself with ${code}: ${err}`))
            // What follows the last line's end was cut off: that answer nobody got.
            for (const line of out.slice(0, out.lastIndexOf('\n') + 1).split('\n')) {
              const [, stream, revision, size, batch] = line.split(' ')
              if (stream !== undefined && batch !== undefined) {
                acknowledged.push({ stream, revision: Number(revision), size: Number(size), batch })
              }
            }
            resolve()
          })
        }),
    ),
  )
  return acknowledged
}

const allEvents = async ({ open }: Temporary): Promise<ReadonlyArray<RecordedEvent>> => {
  const store = await open()
  const events = await store.eventStore('default').readAll(START, 1_000_000)()
  const integrity = await store.integrity()
  await store.close()
  assert.equal(integrity, E.right({ ok: true, problems: [] }))
  if (E.isLeft(events)) throw new Error(events.left.reason)
  return events.right
}

const groupBy = <A>(all: ReadonlyArray<A>, by: (one: A) => string): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const one of all) {
    const group = groups.get(by(one))
    if (group === undefined) groups.set(by(one), [one])
    else group.push(one)
  }
  return groups
}

Crash('lets many processes make the same new file at once', async () => {
  for (let round = 0; round < 3; round++) {
    const place = await temporary()
    try {
      const acknowledged = await killedWriters(place.path, round, 8)
      const events = await allEvents(place)
      for (const { batch } of acknowledged) assert.ok(events.some(({ data }) => data.batch === batch))
    } finally {
      await place.cleanup()
    }
  }
})

Crash('keeps every acknowledged batch whole, and positions and revisions without gap', async () => {
  const place = await temporary()
  const acknowledged: Array<Acknowledged> = []
  try {
    for (let round = 0; round < 5; round++) {
      acknowledged.push(...(await killedWriters(place.path, round, 3)))
      const events = await allEvents(place)
      assert.equal(
        events.map(({ position }) => Number(position)),
        events.map((_, i) => i + 1),
      )
      const streams = groupBy(events, ({ stream }) => stream)
      for (const own of streams.values()) {
        assert.equal(
          own.map(({ revision }) => Number(revision)),
          own.map((_, i) => i),
        )
      }
      for (const own of groupBy(events, ({ data }) => String(data.batch)).values()) {
        assert.is(own.length, own[0]?.data.size, 'a batch is in part')
        assert.is(new Set(own.map(({ stream }) => stream)).size, 1)
      }
      for (const { stream, revision, size, batch } of acknowledged) {
        const stored = streams.get(stream)?.slice(revision - size + 1, revision + 1) ?? []
        assert.is(stored.length, size, 'an acknowledged batch is lost')
        assert.ok(stored.every(({ data }) => data.batch === batch))
      }
    }
    assert.ok(acknowledged.length > 50, `only ${acknowledged.length} batches were acknowledged`)
    const store = await place.open()
    const next = await store.eventStore('default').append('after/1', NO_STREAM, [])()
    assert.ok(E.isRight(next))
  } finally {
    await place.cleanup()
  }
})
