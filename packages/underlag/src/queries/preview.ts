import { type Advice, legalAdvice } from '@underlag/documents'
import {
  asIssued,
  type CreditDraft,
  type Draft,
  decodeCommand,
  type Invoice,
  type IssuedInvoice,
  LEDGER_STREAM,
  type LocalDate,
  ledger,
  localDate,
  type Payer,
  standing,
} from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Refusal, Warning } from '../commands/answer.js'
import { planCredit, planInvoice, planInvoices } from '../commands/execute.js'
import type { Operation, Runtime } from '../runtime.js'

/** What a command would register; nothing is stored. Totals are those of the invoice that the command would register now, to the öre. */
export interface Preview {
  readonly invoices: ReadonlyArray<Omit<Invoice, 'invoiceNumber' | 'sequence' | 'ocr'>>
  readonly refused: ReadonlyArray<{ readonly payer?: Payer; readonly refusal: Refusal }>
  /** What the command would warn of: items that stay in the underlag for want of a price. Absent: nothing. */
  readonly warnings?: ReadonlyArray<Extract<Warning, { _tag: 'PriceMissing' }>>
  /** What an invoice would lack by law, or to be paid; absent: nothing. It can be registered all the same, and then only be credited. */
  readonly advice?: ReadonlyArray<Advice & { readonly payer: Payer }>
}

export const preview = (runtime: Runtime, input: unknown): Operation<Preview> => {
  const command = decodeCommand(input)
  if (E.isLeft(command)) return TE.right(nothing({ ...command.left }))
  const day = localDate(command.right.at ?? runtime.clock(), runtime.timeZone)
  switch (command.right.type) {
    case 'RegisterInvoice': {
      const { payer } = command.right.data
      return pipe(
        planInvoice(runtime, command.right.data, day),
        TE.map((plan) =>
          E.isLeft(plan)
            ? nothing({ ...plan.left }, payer)
            : {
                invoices: [shown(plan.right.draft, day)],
                refused: [],
                ...warned([plan.right.draft], false),
                ...advised([plan.right.draft]),
              },
        ),
      )
    }
    case 'RegisterInvoices':
      return pipe(
        planInvoices(runtime, command.right.data, day),
        TE.map((plan) =>
          E.isLeft(plan)
            ? nothing({ ...plan.left })
            : {
                invoices: plan.right.drafts.map((draft) => shown(draft, day)),
                refused: plan.right.refused.map(({ payer, refusal }) => ({ payer, refusal: { ...refusal } })),
                ...warned(plan.right.drafts, true),
                ...advised(plan.right.drafts),
              },
        ),
      )
    case 'CreditInvoice': {
      const request = command.right.data
      return pipe(
        runtime.executor.load(ledger, LEDGER_STREAM),
        TE.chainW(({ state }) => planCredit(runtime, state, request, day)),
        TE.map((draft) =>
          E.isLeft(draft) ? nothing(draft.left) : { invoices: [shown(draft.right, day)], refused: [] },
        ),
      )
    }
    default:
      return TE.right(
        nothing({
          _tag: 'MalformedCommand',
          problems: [
            `type must be RegisterInvoice, RegisterInvoices or CreditInvoice to be previewed (got "${command.right.type}")`,
          ],
        }),
      )
  }
}

const nothing = (refusal: Refusal, payer?: Payer): Preview => ({
  invoices: [],
  refused: [payer === undefined ? { refusal } : { payer, refusal }],
})

/** As the command warns: of many at once it says whose. */
const warned = (drafts: ReadonlyArray<Draft>, inBulk: boolean): Pick<Preview, 'warnings'> => {
  const warnings = drafts
    .filter(({ leftOut }) => leftOut.length > 0)
    .map(({ leftOut, payer }) => ({ _tag: 'PriceMissing' as const, items: leftOut, ...(inBulk ? { payer } : {}) }))
  return warnings.length === 0 ? {} : { warnings }
}

const advised = (drafts: ReadonlyArray<Draft>): Pick<Preview, 'advice'> => {
  const advice = drafts.flatMap((draft) => legalAdvice(draft).map((one) => ({ ...one, payer: draft.payer })))
  return advice.length === 0 ? {} : { advice }
}

/** As the command would answer. */
const shown = (draft: Draft | CreditDraft, day: LocalDate): Preview['invoices'][number] => {
  const kind = 'credits' in draft ? 'creditNote' : 'invoice'
  const numberless = { ...draft, kind, invoiceNumber: '', sequence: 0, ocr: '' } as IssuedInvoice
  const { invoiceNumber: _, sequence: __, ocr: ___, ...invoice } = standing(numberless, asIssued, day)
  return invoice
}
