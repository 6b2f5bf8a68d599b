import { randomUUID } from 'node:crypto'
import type { RenderFailure } from '@underlag/documents'
import {
  type Channel,
  type DeliveryCommand,
  type DeliveryDocument,
  type DeliveryEvent,
  type DeliveryFacts,
  deliveriesView,
  delivery,
  deliveryStream,
  type Invoice,
  nextStep,
  payerKey,
  retryDelayMs,
  type ShipmentFailure,
  visits,
} from '@underlag/invoicing'
import { decided, type Executed, type ExecuteFailure } from '@underlag/kernel'
import { either as E, option as O } from 'fp-ts'
import { invoicePdf, processIntent } from '../documents.js'
import { heldInvoices } from '../queries/deliveries.js'
import { invoice as findInvoice } from '../queries/invoices.js'
import { type OperationFailure, type Runtime, sync } from '../runtime.js'
import { failureSentence } from '../sentences.js'
import { LEASE_TTL_MS, type LeaseHolder, leaseHolder } from './lease-holder.js'
import { deliveryFacts } from './request.js'

/** What became of one delivery in one step of the process. */
export interface DeliveryStep {
  readonly deliveryId: string
  readonly invoiceNumber: string
  readonly delivery: string
  readonly outcome: 'accepted' | 'delivered' | 'retry' | 'failed' | 'inDoubt' | 'held' | 'notConfigured' | 'noDocument'
  readonly detail: string
}

export interface DeliverOptions {
  /** Goes on until `signal` ends it; otherwise until nothing is due. */
  readonly watch?: boolean
  readonly signal?: AbortSignal
  readonly onStep?: (step: DeliveryStep) => void
  /** Deliveries under way at once. */
  readonly concurrency?: number
  readonly leaseTtlMs?: number
}

/** What a run of the delivery process did, a step per delivery it touched. */
export interface DeliverySummary {
  readonly steps: ReadonlyArray<DeliveryStep>
}

type Result<A> = Promise<E.Either<OperationFailure, A>>

const IDLE_MS = 1_000

/**
 * The delivery process: for every invoice that asks to be sent, records the attempt, sends, records the outcome.
 * Any number of processes may run it: one at a time delivers, and another takes over some seconds after it died.
 * An attempt that a crash cut off is sent again only where its channel says that is safe, and is in doubt otherwise.
 */
export const deliver =
  (runtime: Runtime, options: DeliverOptions = {}) =>
  async (): Result<DeliverySummary> => {
    const { watch = false, signal, onStep } = options
    const lease = leaseHolder(runtime, randomUUID(), options.leaseTtlMs)
    const steps: Array<DeliveryStep> = []
    const told = new Set<string>()
    const tell = (step: DeliveryStep): void => {
      // What waits for a person is said once, not at every look.
      const key = `${step.deliveryId} ${step.outcome}`
      if (waitsForSomebody(step) && told.has(key)) return
      told.add(key)
      steps.push(step)
      onStep?.(step)
    }
    const isStopped = (): boolean => signal?.aborted === true
    /** Of the latest round. */
    const unprinted: Array<RenderFailure> = []

    try {
      while (!isStopped()) {
        const due = await dueNow(runtime)
        if (E.isLeft(due)) return due
        due.right.held.forEach(tell)
        unprinted.length = 0
        if (due.right.work.length === 0) {
          await lease.release()
          if (!watch) break
          await sleep(IDLE_MS, signal)
          continue
        }
        const taken = await lease.take()
        if (E.isLeft(taken)) return taken
        if (!taken.right) {
          await sleep((options.leaseTtlMs ?? LEASE_TTL_MS) / 8, signal)
          continue
        }
        // An attempt may take longer than the lease lasts: it is kept alive as long as this process is.
        const heartbeat = setInterval(() => void lease.take(), (options.leaseTtlMs ?? LEASE_TTL_MS) / 3)
        const worked = await inParallel(
          due.right.work,
          options.concurrency ?? 4,
          async (one) => {
            const step = await work(runtime, lease, one, isStopped)
            if (E.isLeft(step) && isRenderFailure(step.left)) {
              // One document that cannot be printed holds up no other.
              unprinted.push(step.left)
              const left = stepOf(one, 'noDocument', failureSentence(step.left))
              // Without a browser it is the same of every document: that is said once, at the end.
              if (step.left._tag !== 'BrowserNotFound') tell(left)
              return E.right(left)
            }
            if (E.isRight(step) && step.right !== undefined) tell(step.right)
            return step
          },
          isStopped,
        ).finally(() => clearInterval(heartbeat))
        if (E.isLeft(worked)) return worked
        // Nothing could be done with any of it (no such channel here, no browser): looking again at once would not help.
        if (worked.right.every((step) => step !== undefined && waitsForSomebody(step))) {
          if (unprinted.some(({ _tag }) => _tag === 'BrowserNotFound')) break
          await lease.release()
          if (!watch) break
          await sleep(IDLE_MS, signal)
        }
      }
      const [failure] = unprinted
      return failure !== undefined && !isStopped() ? E.left(failure) : E.right({ steps })
    } finally {
      await lease.release()
    }
  }

const isRenderFailure = (failure: OperationFailure): failure is RenderFailure =>
  failure._tag === 'BrowserNotFound' ||
  failure._tag === 'BrowserFailed' ||
  failure._tag === 'RenderTimedOut' ||
  failure._tag === 'RendererClosed'

const waitsForSomebody = ({ outcome }: DeliveryStep): boolean =>
  outcome === 'held' || outcome === 'notConfigured' || outcome === 'noDocument'

interface Due {
  readonly work: ReadonlyArray<DeliveryDocument>
  readonly held: ReadonlyArray<DeliveryStep>
}

const dueNow = async (runtime: Runtime): Result<Due> => {
  const synced = await sync(runtime, [deliveriesView, visits])()
  if (E.isLeft(synced)) return synced
  const held = await heldInvoices(runtime)()
  if (E.isLeft(held)) return held
  const open = await runtime.readModels.find(deliveriesView.table, 'open')()
  if (E.isLeft(open)) return open
  const now = Date.parse(runtime.clock())
  const documents = ([...open.right.values()] as unknown as ReadonlyArray<DeliveryDocument>)
    .filter(({ retryAt }) => retryAt === null || Date.parse(retryAt) <= now)
    .sort((a, b) => a.sequence - b.sequence)
  const isHeld = ({ invoiceNumber, status }: DeliveryDocument): boolean =>
    status !== 'attempting' && held.right.has(invoiceNumber)
  return E.right({
    work: documents.filter((document) => !isHeld(document)),
    held: documents.filter(isHeld).map((document) => stepOf(document, 'held', HELD)),
  })
}

const HELD = 'a fact contradicts the invoice: see conflicts'

const stepOf = (
  { deliveryId, invoiceNumber, delivery: channel }: Pick<DeliveryFacts, 'deliveryId' | 'invoiceNumber' | 'delivery'>,
  outcome: DeliveryStep['outcome'],
  detail: string,
): DeliveryStep => ({ deliveryId, invoiceNumber, delivery: channel, outcome, detail })

/** One step of one delivery; `undefined`: somebody else was there first, or the time is not yet. */
const work = async (
  runtime: Runtime,
  lease: LeaseHolder,
  document: DeliveryDocument,
  isStopped: () => boolean,
): Result<DeliveryStep | undefined> => {
  const { deliveryId } = document
  const channel = runtime.channels.get(document.delivery)
  if (channel === undefined)
    return E.right(stepOf(document, 'notConfigured', `the channel ${document.delivery} is not configured here`))

  const begun = await record(runtime, document, 'requested', {
    type: 'Request',
    data: deliveryFacts(runtime.tenant, document, Number(deliveryId.split('.')[1])),
  })
  if (E.isLeft(begun)) return begun
  const loaded = await runtime.executor.load(delivery, deliveryStream(deliveryId))()
  if (E.isLeft(loaded)) return loaded
  const state = loaded.right.state
  if (state.status === 'none') return E.right(undefined)

  const step = nextStep(state, runtime.clock(), channel.afterCrash)
  if (step._tag === 'done' || step._tag === 'wait') return E.right(undefined)
  if (step._tag === 'recover' && step.policy === 'hold') {
    const detail = 'the process ended during the attempt: whether it was sent is not known'
    const ended = await record(
      runtime,
      document,
      `${step.attempt}:lost`,
      end('DeliveryInDoubt', deliveryId, step.attempt, detail),
    )
    return E.isLeft(ended) ? ended : E.right(ended.right ? stepOf(document, 'inDoubt', detail) : undefined)
  }
  const attempt = step._tag === 'recover' ? step.attempt + 1 : step.attempt
  return makeAttempt(runtime, lease, channel, state, attempt, isStopped)
}

const makeAttempt = async (
  runtime: Runtime,
  lease: LeaseHolder,
  channel: Channel,
  facts: DeliveryFacts,
  attempt: number,
  isStopped: () => boolean,
): Result<DeliveryStep | undefined> => {
  const { deliveryId } = facts
  const found = await findInvoice(runtime, facts.invoiceNumber)()
  if (E.isLeft(found)) return found
  if (O.isNone(found.right)) return E.right(undefined)
  const invoice = found.right.value
  const pdf = await invoicePdf(runtime, invoice)()
  if (E.isLeft(pdf)) return pdf
  if (O.isNone(pdf.right)) return E.right(stepOf(facts, 'noDocument', 'the document was erased'))
  const { sha256, bytes } = pdf.right.value

  if (isStopped()) return E.right(undefined)
  const ready = await ourTurn(lease)
  if (E.isLeft(ready) || !ready.right) return E.isLeft(ready) ? ready : E.right(undefined)
  // Looked at again: those before it in line may have taken long, and a fact may have come meanwhile.
  const held = await isHeldNow(runtime, facts.invoiceNumber)
  if (E.isLeft(held)) return held
  if (held.right) return E.right(stepOf(facts, 'held', HELD))
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
  if (!started.right) return E.right(undefined)
  // The last look before the effect: whoever took over meanwhile treats this attempt as cut off.
  const still = await lease.isOurs()
  if (E.isLeft(still)) return still
  if (!still.right) return E.right(undefined)

  const why = channel.preflight(invoice)
  const sent =
    why.length > 0
      ? E.left<ShipmentFailure>({ _tag: 'refused', detail: why.join(', ') })
      : await withinTime(channel.timeoutMs, (limit) =>
          channel.send({
            deliveryId,
            idempotencyKey: facts.idempotencyKey,
            invoice,
            pdf: bytes,
            fileName: `${invoice.kind === 'creditNote' ? 'kreditfaktura' : 'faktura'}-${invoice.invoiceNumber}.pdf`,
            signal: limit,
          })(),
        )
  const [command, step] = outcomeOf(runtime, channel, facts, attempt, sent)
  const ended = await record(runtime, facts, `${attempt}:${step.outcome}`, command)
  return E.isLeft(ended) ? ended : E.right(step)
}

const isHeldNow = async (runtime: Runtime, invoiceNumber: string): Result<boolean> => {
  const synced = await sync(runtime, [visits])()
  if (E.isLeft(synced)) return synced
  const held = await heldInvoices(runtime)()
  return E.isLeft(held) ? held : E.right(held.right.has(invoiceNumber))
}

/** Renews the lease where that is due, and looks whether it is ours. */
const ourTurn = async (lease: LeaseHolder): Result<boolean> => {
  const taken = await lease.take()
  return E.isLeft(taken) || !taken.right ? taken : lease.isOurs()
}

const recipientOf = ({ buyer }: Invoice, facts: DeliveryFacts): { recipient?: string } =>
  facts.delivery === 'email' && buyer.email !== undefined ? { recipient: buyer.email } : {}

/**
 * Ends the attempt when its time is over, with a little left for the channel to say what became of it. A process that stops
 * lets its attempts come to their end: cut off, a mail that had left would be in doubt at every restart of the host.
 */
const withinTime = <A>(timeoutMs: number, send: (limit: AbortSignal) => Promise<A>): Promise<A> =>
  send(AbortSignal.timeout(timeoutMs + GRACE_MS))
const GRACE_MS = 5_000

const outcomeOf = (
  { clock }: Runtime,
  { retry }: Channel,
  facts: DeliveryFacts,
  attempt: number,
  sent: E.Either<ShipmentFailure, { readonly status: 'accepted' | 'delivered'; readonly detail: string }>,
): readonly [DeliveryCommand, DeliveryStep] => {
  const { deliveryId } = facts
  if (E.isRight(sent)) {
    const { status, detail } = sent.right
    return [
      end(status === 'delivered' ? 'Delivered' : 'DeliveryAccepted', deliveryId, attempt, detail),
      stepOf(facts, status, detail),
    ]
  }
  const { detail } = sent.left
  switch (sent.left._tag) {
    case 'inDoubt':
      return [end('DeliveryInDoubt', deliveryId, attempt, detail), stepOf(facts, 'inDoubt', detail)]
    case 'refused':
      return [end('DeliveryFailed', deliveryId, attempt, detail), stepOf(facts, 'failed', detail)]
    case 'retry': {
      if (attempt >= retry.attempts)
        return [
          end('DeliveryFailed', deliveryId, attempt, `${detail} (gave up after ${attempt} attempts)`),
          stepOf(facts, 'failed', detail),
        ]
      const own = Date.parse(clock()) + retryDelayMs(attempt, retry, Math.random())
      const asked = sent.left.notBefore === undefined ? own : Math.max(own, Date.parse(sent.left.notBefore))
      const retryAt = new Date(asked).toISOString()
      const event = { type: 'DeliveryAttemptFailed' as const, data: { deliveryId, attempt, detail, retryAt } }
      return [{ type: 'EndAttempt', event }, stepOf(facts, 'retry', `${detail}; again at ${retryAt}`)]
    }
  }
}

const end = (
  type: 'DeliveryAccepted' | 'Delivered' | 'DeliveryFailed' | 'DeliveryInDoubt',
  deliveryId: string,
  attempt: number,
  detail: string,
): DeliveryCommand => ({
  type: 'EndAttempt',
  event: { type, data: { deliveryId, attempt, detail } } as Extract<DeliveryEvent, { type: typeof type }>,
})

/** Records a step; `false`: another process was there first. */
const record = async (
  runtime: Runtime,
  { deliveryId }: Pick<DeliveryFacts, 'deliveryId'>,
  step: string,
  command: DeliveryCommand,
): Result<boolean> => {
  const executed: E.Either<ExecuteFailure<unknown>, Executed> = await runtime.executor.execute(
    delivery,
    deliveryStream(deliveryId),
    // Every start of an attempt is an intent of its own: two processes must never take each other's for theirs.
    processIntent(runtime, `delivery:${deliveryId}:${step}:${randomUUID().slice(0, 8)}`),
    ({ state }) => decided(delivery.decider.decide(command)(state)),
  )()
  if (E.isRight(executed)) return E.right(command.type === 'Request' || executed.right.events.length > 0)
  const { left } = executed
  return left._tag === 'Refused' || left._tag === 'CommandIdReused' ? E.right(false) : E.left(left)
}

/** Runs at most `limit` at once, in order; a failure lets those under way finish and starts no more. */
const inParallel = async <A, B>(
  inputs: ReadonlyArray<A>,
  limit: number,
  task: (input: A) => Result<B>,
  isStopped: () => boolean,
): Result<ReadonlyArray<B>> => {
  const done: Array<B> = []
  let failed: E.Either<OperationFailure, never> | undefined
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < inputs.length && failed === undefined && !isStopped()) {
      const result = await task(inputs[next++] as A)
      if (E.isLeft(result)) failed ??= result
      else done.push(result.right)
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, inputs.length) }, worker))
  return failed ?? E.right(done)
}

const sleep = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
