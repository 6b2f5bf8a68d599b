import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from '@underlag/kernel/testing'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { communicationChannel, communicationSettings, embeddedInbox, type Inbox } from '../src/communication/index.js'
import { sampleInvoice, sampleShipment } from './support/samples.js'

const Schedules = suite('communication: any schedule of faults')

const folder = mkdtempSync(join(tmpdir(), 'underlag-inbox-'))
Schedules.after(() => rmSync(folder, { recursive: true, force: true }))

const DOCUMENTS = 'https://portal.klinik.se/fakturor/'

/** What the inbox does to one posting; `crash`: it is done, and the process ends before it hears of it. */
const fault = fc.constantFrom('well', 'before', 'after', 'throwsBefore', 'throwsAfter', 'crash')

Schedules('each client gets each message once, and a link opens for its client alone', async () => {
  let files = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ intent: fc.nat(5), fault }), { minLength: 1, maxLength: 25 }),
      async (schedule) => {
        const inbox = embeddedInbox({ file: join(folder, `${++files}.inbox`), tenant: 'default' })
        const clientOf = (intent: number): string => `c${intent % 3}`
        const settings = communicationSettings({ documentsUrl: DOCUMENTS }, '')
        const told = new Set<number>()
        for (const { intent, fault: what } of schedule) {
          const failing: Inbox = {
            post: (message, signal) => async () => {
              if (what === 'throwsBefore') throw new Error('Anna Andersson')
              if (what === 'before') return E.left({ _tag: 'InboxUnavailable', detail: 'down', notPosted: true })
              const posted = await inbox.post(message, signal)()
              if (what === 'throwsAfter') throw new Error('Anna Andersson')
              return what === 'after' ? E.left({ _tag: 'InboxUnavailable', detail: 'down' }) : posted
            },
          }
          const channel = communicationChannel(failing, inbox, settings)
          const outcome = await channel.send(
            sampleShipment({
              deliveryId: `${intent}.1`,
              idempotencyKey: `key-${intent}`,
              invoice: sampleInvoice({ invoiceNumber: `${intent}`, payer: { kind: 'client', id: clientOf(intent) } }),
            }),
          )()
          if (E.isLeft(outcome)) {
            assert.is(outcome.left._tag, 'retry')
            if (what === 'after' || what === 'throwsAfter') assert.ok('unsure' in outcome.left)
            if (what === 'before') assert.ok(!('unsure' in outcome.left))
          }
          if (E.isRight(outcome) && what !== 'crash') told.add(intent)
        }
        for (const client of ['c0', 'c1', 'c2']) {
          const messages = await inbox.messagesOf(client)()
          if (E.isLeft(messages)) throw new Error(messages.left.detail)
          const ids = messages.right.map(({ messageId }) => messageId)
          assert.is(new Set(ids).size, ids.length)
          for (const intent of told) if (clientOf(intent) === client) assert.ok(ids.includes(`key-${intent}`))
          for (const { messageId, link } of messages.right) {
            const intent = Number(messageId.split('-')[1])
            assert.is(clientOf(intent), client)
            for (const reader of ['c0', 'c1', 'c2']) {
              const opened = await inbox.look(link.slice(DOCUMENTS.length), reader)()
              if (reader !== client) assert.equal(opened, E.left({ _tag: 'NotYours' }))
              else assert.equal(opened, E.right({ invoiceNumber: `${intent}`, deliveryId: `${intent}.1` }))
            }
          }
        }
        inbox.close()
      },
    ),
    { numRuns: 30, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
  )
})
