import type { Sent, ShipmentFailure } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import * as assert from 'uvu/assert'
import { eInvoiceChannel } from '../../src/e-invoice/index.js'
import { KEY } from '../support/samples.js'
import type { Fault } from './support/api-server.js'
import { companyInvoice, makeUbl, RECEIVER, shipmentOf, ublOf } from './support/documents.js'
import { inExchangeServer } from './support/inexchange-server.js'
import { phase4Server } from './support/phase4-server.js'
import { phossApServer } from './support/phoss-ap-server.js'
import { accessPointTo, type Provider, settingsOf } from './support/providers.js'
import { qvaliaServer } from './support/qvalia-server.js'
import { storecoveServer } from './support/storecove-server.js'

const Schedules = suite('e-invoice: any schedule of faults')

const FAULTS: ReadonlyArray<Fault> = [
  'limit',
  'busy',
  'error',
  'login',
  'page',
  'hangBefore',
  'hangAfter',
  'cutBefore',
  'cutAfter',
  'errorAfter',
  'pageAfter',
]

const fault = fc.option(fc.constantFrom(...FAULTS), { nil: undefined, freq: 2 })

/** How one intent ends, and what the process that delivers makes of it. */
interface Ended {
  readonly status: 'accepted' | 'failed' | 'inDoubt'
  /** A crash cut an attempt off and the next ones brought no certainty. */
  readonly crashed: boolean
}

const ATTEMPTS = 2

/** The delivery process, as far as it goes here: tries again what was not taken, and gives up after so many attempts. */
const deliver = async (provider: Provider, crashes: ReadonlySet<number>): Promise<Ended> => {
  const quick = { timeoutMs: 120, askAgainAfterMs: [2, 4] }
  let crashed = false
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    // Each attempt in a process of its own: nothing is remembered but what is at the access point.
    const channel = eInvoiceChannel(accessPointTo(provider, quick), makeUbl, settingsOf(provider.config, quick))
    const outcome: E.Either<ShipmentFailure, Sent> = await channel.send(shipmentOf())()
    if (crashes.has(attempt)) {
      // The outcome was never recorded.
      if (channel.afterCrash === 'hold') return { status: 'inDoubt', crashed: true }
      crashed = true
      continue
    }
    if (E.isRight(outcome)) return { status: 'accepted', crashed }
    if (outcome.left._tag === 'inDoubt') return { status: 'inDoubt', crashed }
    if (outcome.left._tag === 'refused') return { status: 'failed', crashed }
  }
  return { status: 'failed', crashed }
}

const providers: ReadonlyArray<readonly [string, () => Promise<Provider>, number]> = [
  ['phoss-ap', phossApServer, 60],
  ['storecove', storecoveServer, 60],
  ['qvalia', qvaliaServer, 60],
  ['phase4', phase4Server, 25],
  ['inexchange', inExchangeServer, 25],
]

for (const [name, start, numRuns] of providers) {
  Schedules(
    `${name}: out once at most, to its recipient alone, and nothing is called failed that went out`,
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fault, { maxLength: 4 }),
          // From then on: well, or ill for good.
          fault,
          fc.uniqueArray(fc.integer({ min: 1, max: ATTEMPTS }), { maxLength: 1 }),
          async (faults, rest, crashes) => {
            const provider = await start()
            try {
              provider.server.faults.push(...faults, ...Array.from({ length: 10 }, () => rest))
              const { status, crashed } = await deliver(provider, new Set(crashes))
              // Whatever was still under way has come to its end.
              await new Promise((resolve) => setTimeout(resolve, 5))
              const { taken } = provider
              assert.ok(taken.length <= 1, `out ${taken.length} times`)
              for (const one of taken) {
                assert.ok(one.receiver.endsWith(RECEIVER.id), one.receiver)
                assert.is(one.ubl, ublOf(companyInvoice()))
                if (name !== 'phase4') assert.is(one.key, KEY)
              }
              if (status === 'accepted') assert.is(taken.length, 1)
              // After a crash only the process can know that giving up is no certainty.
              if (status === 'failed' && !crashed) assert.is(taken.length, 0)
              assert.equal(provider.breaches, [])
            } finally {
              await provider.server.close()
            }
          },
        ),
        { numRuns, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
      )
    },
  )
}
