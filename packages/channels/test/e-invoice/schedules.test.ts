import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { eInvoiceChannel } from '../../src/e-invoice/index.js'
import type { Fault } from '../../src/testing/api-server.js'
import { accessPointTo, type Provider, settingsOf } from '../../src/testing/providers.js'
import { storecoveServer } from '../../src/testing/storecove-server.js'
import { deliver } from '../support/process.js'
import { KEY } from '../support/samples.js'
import { companyInvoice, makeUbl, RECEIVER, shipmentOf, ublOf } from './support/documents.js'
import { inExchangeServer } from './support/inexchange-server.js'
import { phase4Server } from './support/phase4-server.js'
import { phossApServer } from './support/phoss-ap-server.js'
import { qvaliaServer } from './support/qvalia-server.js'

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

const ATTEMPTS = 2
const QUICK = { timeoutMs: 120, askAgainAfterMs: [2, 4] }

const channelTo = (provider: Provider) =>
  eInvoiceChannel(accessPointTo(provider, QUICK), makeUbl, settingsOf(provider.config, QUICK))

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
              const status = await deliver(() => channelTo(provider), shipmentOf(), ATTEMPTS, new Set(crashes))
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
              else if (status === 'failed') assert.is(taken.length, 0)
              else assert.is(status, 'inDoubt')
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
