import {
  type Attributes,
  context,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  ValueType,
} from '@opentelemetry/api'
import type { DeliveryDocument } from '@underlag/invoicing'
import type { Runtime } from '../runtime.js'
import type { LogEntry } from './log.js'
import type { DeliveryStep } from './step.js'

/** Tells traces, metrics and the log what the process does. */
export interface Observer {
  /** Goes about one job within a span; `undefined` as its step: nothing was done. */
  readonly job: <A extends { readonly step?: DeliveryStep }>(
    document: DeliveryDocument,
    kind: 'attempt' | 'report',
    work: () => Promise<A>,
  ) => Promise<A>
  readonly looked: (due: number, held: number) => void
  readonly trouble: (detail: string) => void
}

const LEVELS: Readonly<Partial<Record<DeliveryStep['outcome'], LogEntry['level']>>> = {
  retry: 'warn',
  held: 'warn',
  notConfigured: 'warn',
  noDocument: 'warn',
  failed: 'error',
  inDoubt: 'error',
}

/**
 * Through the OpenTelemetry API alone: without an SDK in the host it costs next to nothing and goes nowhere. Made when a run begins,
 * since meters asked for before the host has set its SDK up stay mute.
 */
export const observer = ({ tenant, clock, log }: Pick<Runtime, 'tenant' | 'clock' | 'log'>): Observer => {
  const tracer = trace.getTracer('underlag')
  const meter = metrics.getMeter('underlag')
  const outcomes = meter.createCounter('underlag.delivery.outcomes', {
    description: 'Steps of the delivery process, by channel and outcome',
    valueType: ValueType.INT,
  })
  const durations = meter.createHistogram('underlag.delivery.duration', {
    description: 'How long an attempt, or a question how it stands, took',
    unit: 's',
  })
  const lags = meter.createHistogram('underlag.delivery.lag', {
    description: 'How long after it was due an attempt began',
    unit: 's',
  })
  const due = meter.createGauge('underlag.delivery.due', {
    description: 'Deliveries due when the process last looked',
    valueType: ValueType.INT,
  })
  const held = meter.createGauge('underlag.delivery.held', {
    description: 'Deliveries that wait for a person',
    valueType: ValueType.INT,
  })
  const own: Attributes = { 'underlag.tenant': tenant }
  const write = (entry: Omit<LogEntry, 'at' | 'tenant'>): void => {
    try {
      log?.({ at: clock(), tenant, ...entry })
    } catch {
      // A log that cannot be written stops no delivery.
    }
  }
  let shown = ''

  return {
    job: (document, kind, work) => {
      const { deliveryId, invoiceNumber, delivery: channel, attempts } = document
      const attributes = { ...own, 'underlag.channel': channel }
      const from = performance.now()
      const lagMs = Math.max(0, Date.parse(clock()) - Date.parse(document.retryAt ?? document.requestedAt))
      const span: Span = tracer.startSpan(`underlag ${kind} ${channel}`, {
        kind: SpanKind.CLIENT,
        attributes: {
          ...attributes,
          'underlag.delivery.id': deliveryId,
          'underlag.delivery.attempt': attempts.length + (kind === 'attempt' ? 1 : 0),
        },
      })
      return context
        .with(trace.setSpan(context.active(), span), work)
        .then((result) => {
          const { step } = result
          if (step === undefined) return result
          const durationMs = Math.round(performance.now() - from)
          const outcome = { ...attributes, 'underlag.outcome': step.outcome }
          outcomes.add(1, outcome)
          durations.record(durationMs / 1_000, outcome)
          if (kind === 'attempt') lags.record(lagMs / 1_000, attributes)
          span.setAttribute('underlag.outcome', step.outcome)
          const level = LEVELS[step.outcome] ?? 'info'
          if (level !== 'info') span.setStatus({ code: SpanStatusCode.ERROR, message: step.detail })
          write({
            ...{ level, event: kind, deliveryId, invoiceNumber, channel, durationMs },
            ...{ outcome: step.outcome, detail: step.detail },
            ...(kind === 'attempt' ? { lagMs } : {}),
          })
          return result
        })
        .finally(() => span.end())
    },
    looked: (isDue, isHeld) => {
      due.record(isDue, own)
      held.record(isHeld, own)
      // Said when it changes: a process that waits looks often.
      const now = `${isDue} ${isHeld}`
      if (now !== shown) write({ level: 'info', event: 'look', due: isDue, held: isHeld })
      shown = now
    },
    trouble: (detail) => write({ level: 'error', event: 'trouble', detail }),
  }
}
