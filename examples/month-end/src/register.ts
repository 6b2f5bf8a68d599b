import type { Answer, Command, Payer, Refusal, Underlag, Warning } from 'underlag'
import { firstDayOf, instant, lastDayOf, monthsLater } from './calendar.js'
import { ANNA } from './clinic.js'
import { ask, CouldNot, tell } from './host.js'

/** Who got no invoice, or none by e-mail, and what was left off an invoice. */
export interface Exceptions {
  readonly refused: ReadonlyArray<{ readonly payer: Payer; readonly refusal: Refusal }>
  readonly warnings: ReadonlyArray<Warning>
}

/**
 * Invoices every payer of that month at once, by e-mail, on the first of the next. Who cannot get an invoice by e-mail is
 * named in the answer and invoiced without delivery, to be handed over on paper.
 */
export const registerAll = async (underlag: Underlag, month: string): Promise<Exceptions> => {
  const stamp = { actor: ANNA, at: instant(firstDayOf(monthsLater(month, 1)), '09:00') }
  const until = lastDayOf(month)
  const answer: Answer = await ask(underlag, {
    type: 'RegisterInvoices',
    commandId: `register:${month}`,
    ...stamp,
    data: { payers: 'all', delivery: 'email', until },
  })
  if (!answer.ok) throw new CouldNot(`Nothing was registered: ${JSON.stringify(answer.refusal)}`)
  const { refused = [], warnings = [] } = answer
  const onPaper = refused.filter(({ refusal }) => refusal._tag === 'DeliveryNotPossible')
  await tell(
    underlag,
    onPaper.map(
      ({ payer }): Command => ({
        type: 'RegisterInvoice',
        commandId: `register:${month}:${payer.id}`,
        ...stamp,
        data: { payer, delivery: 'none', until },
      }),
    ),
  )
  return { refused: refused.map(({ payer, refusal }) => ({ payer, refusal: { ...refusal } })), warnings }
}
