import {
  type Channel,
  type DeliveryChannel,
  type DeliveryDocument,
  type DeliveryEvent,
  type DeliveryReport,
  deliveriesView,
  delivery,
  deliveryStream,
  type WebhookHeaders,
  type WebhookRefused,
} from '@underlag/invoicing'
import { decided } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { processIntent } from '../documents.js'
import { type Operation, type OperationFailure, type Runtime, sync } from '../runtime.js'
import { saidByWebhook, saidOfTaken } from './said.js'
import { type DeliveryStep, stepOf } from './step.js'

type Result<A> = Promise<E.Either<OperationFailure, A>>

/**
 * What a webhook came to. `steps`: what was new in it; none where all of it was known. `later`: it is about something of which the
 * process has not recorded yet that it was taken, or which is unknown here: let the counterpart send it again.
 */
export interface WebhookHeard {
  readonly steps: ReadonlyArray<DeliveryStep>
  readonly later: boolean
}

/** Hears a webhook of a counterpart: only what is genuine is believed, and told twice or in another order it comes to the same. */
export const hearWebhook =
  (
    runtime: Runtime,
    name: DeliveryChannel,
    rawBody: Uint8Array,
    headers: WebhookHeaders,
  ): Operation<E.Either<WebhookRefused, WebhookHeard>> =>
  async () => {
    const channel = runtime.channels.get(name)
    if (channel?.verifyWebhook === undefined)
      return E.right(
        E.left({
          _tag: 'WebhookRefused',
          reason: 'signature',
          detail: `the channel ${name} is not configured to hear webhooks`,
        }),
      )
    const reports = saidByWebhook(channel, rawBody, headers)
    if (E.isLeft(reports)) return E.right(reports)
    const synced = await sync(runtime, [deliveriesView])()
    if (E.isLeft(synced)) return synced
    const steps: Array<DeliveryStep> = []
    let later = false
    for (const report of reports.right) {
      const known = await deliveryOf(runtime, name, report)
      if (E.isLeft(known)) return known
      if (known.right === undefined) {
        later = true
        continue
      }
      const heard = await hear(runtime, known.right, report)
      if (E.isLeft(heard)) return heard
      if (heard.right === 'notNow') later = true
      else if (heard.right !== undefined) steps.push(heard.right)
    }
    return E.right(E.right({ steps, later }))
  }

/** Asks a counterpart how it stands with what it took. */
export const askForReport = async (
  runtime: Runtime,
  channel: Channel,
  document: DeliveryDocument,
): Result<DeliveryStep | undefined> => {
  if (document.transportId === null) return E.right(undefined)
  const answer = await saidOfTaken(channel, document.transportId)
  // That it does not say now is no news: it is asked again.
  if (answer === undefined) return E.right(undefined)
  const heard = await hear(runtime, document, answer)
  return E.map((step: DeliveryStep | 'notNow' | undefined) => (step === 'notNow' ? undefined : step))(heard)
}

/** By our own key where the counterpart gives it back, else by its id. */
const deliveryOf = async (
  { readModels }: Runtime,
  name: DeliveryChannel,
  { idempotencyKey, transportId }: DeliveryReport,
): Result<DeliveryDocument | undefined> => {
  for (const [index, term] of [
    ['key', idempotencyKey],
    ['transport', transportId],
  ] as const) {
    if (term === undefined) continue
    const found = await readModels.find(deliveriesView.table, index, [term])()
    if (E.isLeft(found)) return found
    const [document] = [...found.right.values()] as unknown as ReadonlyArray<DeliveryDocument>
    if (document?.delivery === name) return E.right(document)
  }
  return E.right(undefined)
}

const hear = async (
  runtime: Runtime,
  document: DeliveryDocument,
  report: DeliveryReport,
): Result<DeliveryStep | 'notNow' | undefined> => {
  const { deliveryId } = document
  const { status, transportId, at = '' } = report
  const executed = await runtime.executor.execute(
    delivery,
    deliveryStream(deliveryId),
    processIntent(runtime, `delivery:${deliveryId}:report:${transportId}:${status}:${at}`.slice(0, 200)),
    ({ state }) => decided(delivery.decider.decide({ type: 'Report', deliveryId, report })(state)),
  )()
  if (E.isLeft(executed)) {
    const { left } = executed
    if (left._tag === 'Refused') return E.right('notNow')
    return left._tag === 'CommandIdReused' ? E.right(undefined) : E.left(left)
  }
  if (executed.right.repeated) return E.right(undefined)
  const [last] = (executed.right.events as unknown as ReadonlyArray<DeliveryEvent>).slice(-1)
  switch (last?.type) {
    case 'Delivered':
      return E.right(stepOf(document, 'delivered', last.data.detail))
    case 'DeliveryFailed':
      return E.right(stepOf(document, 'failed', last.data.detail))
    case 'DeliveryReported':
      return E.right(stepOf(document, 'reported', `${last.data.status}: ${last.data.detail}`))
    default:
      return E.right(undefined)
  }
}

/** How long after it was taken something is asked about: after that nothing more will come. */
const LONGEST_MS = 30 * 24 * 60 * 60_000
const SHORTEST_APART_MS = 60_000
const LONGEST_APART_MS = 12 * 60 * 60_000

/** When to ask next: soon after it was taken, and then ever more seldom. `undefined`: no more. Times in ms. */
export const askAt = (takenAt: number, askedAt: number | undefined, now: number): number | undefined => {
  if (now - takenAt > LONGEST_MS) return undefined
  const last = askedAt ?? takenAt
  return last + Math.min(LONGEST_APART_MS, Math.max(SHORTEST_APART_MS, (last - takenAt) / 4))
}
