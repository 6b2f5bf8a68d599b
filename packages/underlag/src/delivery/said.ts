import {
  type Channel,
  type DeliveryReport,
  type DeliverySettings,
  Instant,
  type NoReport,
  ReportStatus,
  type Sent,
  type Shipment,
  type ShipmentFailure,
  type WebhookHeaders,
  type WebhookRefused,
  whyNotDeliverable,
} from '@underlag/invoicing'
import { oneOf } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'

/*
 * What a channel says is checked before it is recorded, and waited for only so long. A channel of the host's may throw, never answer, or
 * answer in another shape than was agreed; a counterpart may name a time that there is none of. The log keeps what it is given for good, and
 * one event in it that cannot be read stops every delivery of the tenant.
 */

const Said: t.Type<E.Either<ShipmentFailure, Sent>, unknown, unknown> = t.union([
  t.type({
    _tag: t.literal('Right'),
    right: t.intersection([
      t.type({ status: oneOf('accepted', 'delivered'), detail: t.string }),
      t.partial({ transportId: t.string }),
    ]),
  }),
  t.type({ _tag: t.literal('Left'), left: t.type({ _tag: oneOf('retry', 'refused', 'inDoubt'), detail: t.string }) }),
]) as t.Type<unknown> as t.Type<E.Either<ShipmentFailure, Sent>, unknown, unknown>

const Report = t.intersection([
  t.type({ status: ReportStatus, detail: t.string, transportId: t.string }),
  t.partial({ idempotencyKey: t.string }),
])

/** How an attempt ended. A channel that throws, or says nothing that can be understood, is taken as a crash would be. */
export const saidOfAttempt = async (channel: Channel, shipment: Shipment): Promise<E.Either<ShipmentFailure, Sent>> => {
  const unknown = (what: string): E.Either<ShipmentFailure, never> => {
    const detail = `${what}: whether it was sent is not known`
    return E.left(
      channel.afterCrash === 'resend' ? { _tag: 'retry', detail, unsure: true } : { _tag: 'inDoubt', detail },
    )
  }
  try {
    const said: unknown = await inTime(channel, channel.send(shipment))
    if (said === NO_ANSWER) return unknown('the channel gave no answer, long after its time was over')
    return Said.is(said) ? said : unknown('the channel gave an answer that is none')
  } catch {
    return unknown('the channel failed by a fault of its own')
  }
}

/** Why an invoice cannot go this way, by rule 7 and the channel itself. Left: the channel failed; it is asked again. */
export const saidBefore = (
  { name }: Channel,
  invoice: Shipment['invoice'],
  settings: DeliverySettings,
): E.Either<ShipmentFailure, ReadonlyArray<string>> => {
  try {
    return E.right(whyNotDeliverable(name, invoice, settings))
  } catch {
    return E.left({ _tag: 'retry', detail: 'the channel failed by a fault of its own before anything was sent' })
  }
}

/** How something stands that was taken; `undefined`: that was not said now. */
export const saidOfTaken = async (channel: Channel, transportId: string): Promise<DeliveryReport | undefined> => {
  if (channel.report === undefined) return undefined
  try {
    const said: E.Either<NoReport, unknown> | typeof NO_ANSWER = await inTime(
      channel,
      channel.report(transportId, AbortSignal.timeout(channel.timeoutMs)),
    )
    return said === NO_ANSWER || E.isLeft(said) ? undefined : readable(said.right)
  } catch {
    return undefined
  }
}

/** What a webhook tells. */
export const saidByWebhook = (
  channel: Channel,
  rawBody: Uint8Array,
  headers: WebhookHeaders,
): E.Either<WebhookRefused, ReadonlyArray<DeliveryReport>> => {
  const malformed = (): E.Either<WebhookRefused, never> =>
    E.left({
      _tag: 'WebhookRefused',
      reason: 'malformed',
      detail: `the channel ${channel.name} could not read the message`,
    })
  try {
    const said = channel.verifyWebhook?.(rawBody, headers) ?? malformed()
    if (E.isLeft(said)) return said
    const reports = said.right.flatMap((report) => readable(report) ?? [])
    return reports.length === said.right.length ? E.right(reports) : malformed()
  } catch {
    return malformed()
  }
}

/** A time that cannot be recorded (some write year 1 for none) is left out; the rest is told all the same. */
const readable = (said: unknown): DeliveryReport | undefined => {
  if (!Report.is(said)) return undefined
  const { at, ...report } = said as DeliveryReport
  return Instant.is(at) ? { ...report, at } : report
}

const NO_ANSWER = Symbol('no answer')

/** So long is waited for a channel to say what became of an attempt whose time is over, and whose `signal` told it so. */
const silenceMs = ({ timeoutMs }: Channel): number => timeoutMs + 5_000 + Math.min(30_000, 2 * timeoutMs)

/** Its answer; without one, one channel that hangs would hold up its lane, the lease and the end of the process for ever. */
const inTime = async <A>(channel: Channel, task: () => Promise<A>): Promise<A | typeof NO_ANSWER> => {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([
      task(),
      new Promise<typeof NO_ANSWER>((resolve) => {
        timer = setTimeout(() => resolve(NO_ANSWER), silenceMs(channel))
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}
