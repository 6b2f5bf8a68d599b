import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { Move } from '../../src/testing/http-server.js'
import { configFor, type Fault, pingenServer } from '../../src/testing/pingen-server.js'
import { deliver } from '../support/process.js'
import { API_KEY, type EkopostFault, ekopostServer } from './support/ekopost-server.js'
import { channelFor, letters } from './support/letters.js'

import { LOGIN, type SftpFault, scriptedSftp } from './support/scripted-sftp.js'

const { letterShipment } = letters('left')

const Schedules = suite('letter: any schedule of faults and crashes')

const ATTEMPTS = 3
const TIMEOUT_MS = 150

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.constantFrom<Move>('cut', 'cut', 'hang'),
  fc.constantFrom(400, 401, 403, 408, 409, 429, 500, 502, 503).map((status): Move => ({ status })),
  fc.constant<Move>({ status: 200, body: '<html>' }),
  fc.constant<Move>({ status: 503, headers: { 'Retry-After': '7' } }),
)

/** Faults of these steps, each before or after the step's work. */
const faultsOf = <S extends string>(...steps: ReadonlyArray<S>) =>
  fc.array(
    fc
      .tuple(fc.constantFrom(...steps), fc.constantFrom('instead', 'after'), move, fc.integer({ min: 1, max: 3 }))
      // A no is said before the work, or not at all: a server that works and then says 400 has no contract.
      .filter(
        ([, when, what]) =>
          when === 'instead' ||
          typeof what === 'string' ||
          what.status === 200 ||
          what.status === 500 ||
          what.status === 502,
      )
      .map(([step, when, what, times]) => ({ step, [when]: what, times })),
    { maxLength: 4 },
  )

const crashes = fc
  .uniqueArray(fc.integer({ min: 1, max: ATTEMPTS }), { maxLength: 1 })
  .map((attempts) => new Set<number>(attempts))

interface House {
  readonly config: object
  /** Letters in the post. */
  readonly posted: () => number
  readonly close: () => Promise<void>
}

const holds = async (house: House, crashed: ReadonlySet<number>): Promise<void> => {
  try {
    const shipment = letterShipment({ deliveryId: '12.1' })
    const status = await deliver(() => channelFor(house.config, TIMEOUT_MS), shipment, ATTEMPTS, crashed)
    const posted = house.posted()
    assert.ok(posted <= 1, `${posted} letters`)
    if (status === 'accepted') assert.is(posted, 1)
    // Whatever may be in the post is in doubt, and never called failed.
    else if (status === 'failed') assert.is(posted, 0)
    else assert.is(status, 'inDoubt')
  } finally {
    await house.close()
  }
}

const property = <F>(faults: fc.Arbitrary<F>, build: (faults: F) => Promise<House>, numRuns: number) =>
  fc.assert(
    fc.asyncProperty(faults, crashes, async (some, crashed) => holds(await build(some), crashed)),
    { numRuns, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
  )

Schedules('pingen: one letter at most, and nothing is called failed that was posted', () =>
  property(
    faultsOf('token', 'upload address', 'upload', 'letter', 'letter', 'letter', 'status') as fc.Arbitrary<Array<Fault>>,
    async (faults) => {
      const server = await pingenServer(faults)
      return {
        config: configFor(server),
        posted: () => server.letters.length,
        close: server.close,
      }
    },
    80,
  ),
)

Schedules('ekopost: one letter at most, and nothing is called failed that was posted', () =>
  property(
    fc.tuple(
      faultsOf('campaign', 'envelope', 'content', 'close envelope', 'close campaign', 'close campaign', 'look'),
      fc.constantFrom<400 | 409 | 500>(400, 409, 500),
    ) as fc.Arbitrary<[Array<EkopostFault>, 400 | 409 | 500]>,
    async ([faults, duplicates]) => {
      const server = await ekopostServer(faults, { duplicates })
      return {
        config: { provider: 'ekopost', apiKey: API_KEY, apiUrl: server.url },
        posted: () => server.printed().length,
        close: server.close,
      }
    },
    80,
  ),
)

const sftpFault: fc.Arbitrary<SftpFault> = fc
  .record({
    operation: fc.constantFrom('STAT', 'OPEN', 'READ', 'WRITE', 'CLOSE', 'RENAME', 'RENAME', 'REMOVE'),
    file: fc.constantFrom(/\.pdf/, /\.json/, /./),
    done: fc.boolean(),
    reply: fc.constantFrom('cut', 'cut', 4),
    pickedUp: fc.option(fc.constant(true as const), { nil: undefined }),
  })
  .map(({ pickedUp, ...fault }) => ({ ...fault, ...(pickedUp ? { pickedUp } : {}) }) as SftpFault)

Schedules('sftp: one letter at most, and nothing is called failed that was posted', () =>
  property(
    fc.array(sftpFault, { maxLength: 4 }),
    async (faults) => {
      const server = await scriptedSftp(faults)
      return {
        config: {
          provider: 'sftp',
          host: '127.0.0.1',
          port: server.port,
          hostKey: server.hostKey,
          folder: '/in',
          ...LOGIN,
        },
        posted: () => [...server.files.keys()].filter((name) => name.endsWith('.json')).length + server.pickedUp.length,
        close: server.close,
      }
    },
    60,
  ),
)
