import { randomUUID } from 'node:crypto'
import {
  type Channel,
  type DeliveryCommand,
  type DeliveryDocument,
  type DeliveryEvent,
  type DeliveryFacts,
  delivery,
  deliveryStream,
  type Instant,
  type Invoice,
  nextStep,
  payerKey,
  retryDelayMs,
  type Sent,
  type ShipmentFailure,
  visits,
} from '@underlag/invoicing'
import { decided, type Executed, type ExecuteFailure } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { invoicePdf, pdfFileName, processIntent } from '../documents.js'
import { heldInvoices } from '../queries/deliveries.js'
import { invoice as findInvoice } from '../queries/invoices.js'
import { isTransient, type OperationFailure, type Runtime, sync } from '../runtime.js'
import type { LeaseHolder, Tenure } from './lease-holder.js'
import { deliveryFacts } from './request.js'
import { saidBefore, saidOfAttempt } from './said.js'
import { type DeliveryStep, HELD, stepOf } from './step.js'

type Result<A> = Promise<E.Either<OperationFailure, A>>

/** What became of one look at one delivery. */
export interface Attempted {
  /** `undefined`: somebody else was there first, or the time is not yet. */
  readonly step?: DeliveryStep
  /** The counterpart wants nothing before then. */
  readonly pauseUntil?: string
}

const NOTHING: E.Either<never, Attempted> = E.right({})
const told = (step: DeliveryStep): E.Either<never, Attempted> => E.right({ step })

/**
 * The next step of one delivery: records the attempt, sends, records the outcome. An attempt that a crash cut off is made again
 * only where its channel says that is safe, and is in doubt otherwise.
 */
export const attemptDelivery = async (
  runtime: Runtime,
  lease: LeaseHolder,
  channel: Channel,
  document: DeliveryDocument,
  isStopped: () => boolean,
): Result<Attempted> => {
  const { deliveryId } = document
  const begun = await record(runtime, document, 'requested', {
    type: 'Request',
    data: deliveryFacts(runtime.tenant, document, intentOf(deliveryId)),
  })
  if (E.isLeft(begun)) return begun
  const loaded = await runtime.executor.load(delivery, deliveryStream(deliveryId))()
  if (E.isLeft(loaded)) return loaded
  const state = loaded.right.state
  if (state.status === 'none') return NOTHING

  const step = nextStep(state, runtime.clock(), channel.afterCrash)
  if (step._tag === 'done' || step._tag === 'wait') return NOTHING
  if (step._tag === 'recover' && step.policy === 'hold') {
    const detail = 'the process ended during the attempt: whether it was sent is not known'
    return ended(
      runtime,
      document,
      `${step.attempt}:lost`,
      outcome('DeliveryInDoubt', deliveryId, step.attempt, { detail }),
    )
  }
  const attempt = step._tag === 'recover' ? step.attempt + 1 : step.attempt
  const isUnsure = state.unsure || step._tag === 'recover'
  const since = isUnsure ? (document.attempts[0]?.startedAt ?? runtime.clock()) : undefined
  return makeAttempt(runtime, lease, channel, state, attempt, since, isStopped)
}

const makeAttempt = async (
  runtime: Runtime,
  lease: LeaseHolder,
  channel: Channel,
  facts: DeliveryFacts,
  attempt: number,
  unsureSince: Instant | undefined,
  isStopped: () => boolean,
): Result<Attempted> => {
  const { deliveryId } = facts
  const found = await findInvoice(runtime, facts.invoiceNumber)()
  if (E.isLeft(found)) return found
  if (O.isNone(found.right)) return told(stepOf(facts, 'noDocument', 'there is no such invoice'))
  const invoice = found.right.value
  const pdf = await invoicePdf(runtime, invoice)()
  if (E.isLeft(pdf)) return pdf
  if (O.isNone(pdf.right)) return told(stepOf(facts, 'noDocument', 'the document was erased'))
  const { sha256, bytes } = pdf.right.value

  if (isStopped()) return NOTHING
  const ready = await ourTurn(lease)
  if (E.isLeft(ready)) return ready
  if (ready.right === undefined) return NOTHING
  // Looked at again: those before it in line may have taken long, and a fact may have come meanwhile.
  const held = await isHeldNow(runtime, facts.invoiceNumber)
  if (E.isLeft(held)) return held
  if (held.right) return told(stepOf(facts, 'held', HELD))
  const needless = await isNeedless(runtime, facts)
  if (E.isLeft(needless)) return needless
  const started = await record(runtime, facts, `${attempt}:started`, {
    type: 'StartAttempt',
    data: {
      deliveryId,
      attempt,
      document: sha256,
      payer: payerKey(invoice.payer),
      worker: lease.worker,
      ...recipientOf(invoice, facts),
    },
  })
  if (E.isLeft(started)) return started
  if (started.right.length === 0) return NOTHING
  // The last look before the effect: whoever took over meanwhile, and may be done by now, treats this attempt as cut off.
  const still = await lease.isOurs(ready.right)
  if (E.isLeft(still)) return still
  if (!still.right) {
    const detail = 'another process took over before anything was sent'
    const data = { deliveryId, attempt, detail, retryAt: runtime.clock() }
    return ended(runtime, facts, `${attempt}:left`, {
      type: 'EndAttempt',
      event: { type: 'DeliveryAttemptFailed', data },
    })
  }

  const why = needless.right ? E.right([NEEDLESS]) : saidBefore(channel, invoice, runtime.deliveries)
  const sent = E.isLeft(why)
    ? why
    : why.right.length > 0
      ? E.left<ShipmentFailure>({ _tag: 'refused', detail: why.right.join(', ') })
      : await saidOfAttempt(channel, {
          deliveryId,
          idempotencyKey: facts.idempotencyKey,
          ...(unsureSince === undefined ? {} : { unsureSince }),
          invoice,
          pdf: bytes,
          fileName: pdfFileName(invoice),
          signal: AbortSignal.timeout(channel.timeoutMs + GRACE_MS),
        })
  const [command, pauseUntil] = outcomeOf(runtime, channel, deliveryId, attempt, sent)
  let over = await ended(runtime, facts, `${attempt}:ended`, command)
  for (const wait of RECORD_AGAIN_MS) {
    if (E.isRight(over) || !isTransient(over.left)) break
    await new Promise((resolve) => setTimeout(resolve, wait))
    over = await ended(runtime, facts, `${attempt}:ended`, command)
  }
  return E.map((step: Attempted): Attempted => ({ ...step, ...(pauseUntil === undefined ? {} : { pauseUntil }) }))(over)
}

/**
 * Ends an attempt when its time is over, with a little left for the channel to say what became of it. A process that stops lets its
 * attempts come to their end: cut off, a mail that had left would be in doubt at every restart of the host.
 */
const GRACE_MS = 5_000

/** Nobody is waited for longer, whatever a counterpart or a channel says: a week, as the longest delay of a configuration. */
const LONGEST_WAIT_MS = 7 * 24 * 60 * 60_000

/** A store that is away for a moment must not make a doubt of an outcome that is known. Half a minute in all. */
const RECORD_AGAIN_MS = [100, 400, 1_000, 2_000, 4_000, 8_000, 15_000]

const isHeldNow = async (runtime: Runtime, invoiceNumber: string): Result<boolean> => {
  const synced = await sync(runtime, [visits])()
  if (E.isLeft(synced)) return synced
  const held = await heldInvoices(runtime)()
  return E.isLeft(held) ? held : E.right(held.right.has(invoiceNumber))
}

const NEEDLESS = 'credited in full before it was sent, and the credit note is not sent either'

/** Nobody is asked to pay what was taken back before it went out. Whoever sends it on purpose, by SendInvoice, sends it. */
const isNeedless = async (runtime: Runtime, { deliveryId, invoiceNumber }: DeliveryFacts): Result<boolean> => {
  if (intentOf(deliveryId) !== 1) return E.right(false)
  const found = await findInvoice(runtime, invoiceNumber)()
  if (E.isLeft(found)) return found
  if (O.isNone(found.right) || found.right.value.status !== 'credited') return E.right(false)
  for (const number of found.right.value.creditedBy) {
    const note = await findInvoice(runtime, number)()
    if (E.isLeft(note)) return note
    if (O.isSome(note.right) && note.right.value.delivery !== 'none') return E.right(false)
  }
  return E.right(true)
}

const intentOf = (deliveryId: string): number => Number(deliveryId.split('.')[1])

/** Renews the lease where that is due, and looks whether it is ours; `undefined`: it is not. */
const ourTurn = async (lease: LeaseHolder): Result<Tenure | undefined> => {
  const taken = await lease.take()
  if (E.isLeft(taken) || taken.right === undefined) return taken
  const tenure = taken.right
  return E.map((isOurs: boolean) => (isOurs ? tenure : undefined))(await lease.isOurs(tenure))
}

/** The address that the attempt is bound to, as it is frozen on the invoice. */
const recipientOf = ({ buyer, payer }: Invoice, { delivery: way }: DeliveryFacts): { readonly recipient?: string } => {
  const { email, address, eInvoice } = buyer
  const recipient = {
    none: undefined,
    email,
    letter:
      address &&
      [buyer.name, ...address.lines, `${address.postalCode} ${address.city}`, address.country]
        .filter((line) => line !== undefined)
        .join('\n'),
    communication: payer.id,
    eInvoice: eInvoice && `${eInvoice.scheme}:${eInvoice.id}`,
  }[way]
  return recipient === undefined ? {} : { recipient }
}

/** What to record of an attempt, and until when the counterpart wants to be left alone. */
const outcomeOf = (
  { clock }: Runtime,
  { retry }: Channel,
  deliveryId: string,
  attempt: number,
  sent: E.Either<ShipmentFailure, Sent>,
): readonly [command: DeliveryCommand, pauseUntil?: string | undefined] => {
  if (E.isRight(sent)) {
    const { status, detail, transportId } = sent.right
    return [
      status === 'delivered'
        ? outcome('Delivered', deliveryId, attempt, { detail })
        : outcome('DeliveryAccepted', deliveryId, attempt, {
            detail,
            ...(transportId === undefined ? {} : { transportId }),
          }),
    ]
  }
  const { left } = sent
  const { detail } = left
  switch (left._tag) {
    case 'inDoubt':
      return [outcome('DeliveryInDoubt', deliveryId, attempt, { detail })]
    case 'refused':
      return [outcome('DeliveryFailed', deliveryId, attempt, { detail })]
    case 'retry': {
      const unsure = left.unsure === true
      const now = Date.parse(clock())
      const asked = Date.parse(left.notBefore ?? '')
      const pause = Number.isNaN(asked) ? undefined : Math.min(asked - now, LONGEST_WAIT_MS)
      const pauseUntil = pause === undefined ? undefined : new Date(now + pause).toISOString()
      if (attempt >= retry.attempts)
        return [
          outcome(unsure ? 'DeliveryInDoubt' : 'DeliveryFailed', deliveryId, attempt, {
            detail: `${detail} (gave up after ${attempt} attempts)`,
          }),
          pauseUntil,
        ]
      const own = retryDelayMs(attempt, retry, Math.random())
      const wait = Math.max(Number.isFinite(own) ? Math.min(own, LONGEST_WAIT_MS) : LONGEST_WAIT_MS, pause ?? 0)
      const retryAt = new Date(now + wait).toISOString()
      const data = { deliveryId, attempt, detail, retryAt, ...(unsure ? ({ unsure } as const) : {}) }
      return [{ type: 'EndAttempt', event: { type: 'DeliveryAttemptFailed', data } }, pauseUntil]
    }
  }
}

const outcome = (
  type: 'DeliveryAccepted' | 'Delivered' | 'DeliveryFailed' | 'DeliveryInDoubt',
  deliveryId: string,
  attempt: number,
  said: { readonly detail: string; readonly transportId?: string },
): DeliveryCommand => ({
  type: 'EndAttempt',
  event: { type, data: { deliveryId, attempt, ...said } } as Extract<DeliveryEvent, { type: typeof type }>,
})

/** Records how an attempt ended, and tells it as it was recorded. */
const ended = async (
  runtime: Runtime,
  facts: Pick<DeliveryFacts, 'deliveryId' | 'invoiceNumber' | 'delivery'>,
  name: string,
  command: DeliveryCommand,
): Result<Attempted> => {
  const recorded = await record(runtime, facts, name, command)
  if (E.isLeft(recorded)) return recorded
  const [event] = recorded.right
  switch (event?.type) {
    case 'DeliveryAccepted':
      return told(stepOf(facts, 'accepted', event.data.detail))
    case 'Delivered':
      return told(stepOf(facts, 'delivered', event.data.detail))
    case 'DeliveryFailed':
      return told(stepOf(facts, 'failed', event.data.detail))
    case 'DeliveryInDoubt':
      return told(stepOf(facts, 'inDoubt', event.data.detail))
    case 'DeliveryAttemptFailed':
      return told(stepOf(facts, 'retry', `${event.data.detail}; again at ${event.data.retryAt}`))
    default:
      return NOTHING
  }
}

/** Records a step; no events: another process was there first, or it is recorded already. */
export const record = async (
  runtime: Runtime,
  { deliveryId }: Pick<DeliveryFacts, 'deliveryId'>,
  step: string,
  command: DeliveryCommand,
): Result<ReadonlyArray<DeliveryEvent>> => {
  const executed: E.Either<ExecuteFailure<unknown>, Executed> = await runtime.executor.execute(
    delivery,
    deliveryStream(deliveryId),
    // Every start of an attempt is an intent of its own: two processes must never take each other's for theirs.
    processIntent(runtime, `delivery:${deliveryId}:${step}:${randomUUID().slice(0, 8)}`),
    ({ state }) => decided(delivery.decider.decide(command)(state)),
  )()
  if (E.isRight(executed)) return E.right(executed.right.events as unknown as ReadonlyArray<DeliveryEvent>)
  const { left } = executed
  return left._tag === 'Refused' || left._tag === 'CommandIdReused' ? E.right([]) : E.left(left)
}
