import { join } from 'node:path'
import { clinicOpenFor, EVENTS_A_MONTH, right } from './clinic.mjs'
import { inTurns } from './measure.mjs'

/** What is asked of a clinic: how often a round, how, and how an answer looks that is none. */
const questions = [
  {
    what: 'the underlag of all payers',
    times: 5,
    ask: ({ underlag }) => underlag.basis(),
    isEmpty: ({ payers }) => payers.length === 0,
  },
  {
    what: 'the underlag of one payer',
    times: 50,
    ask: ({ underlag, client }) => underlag.basis({ payer: { kind: 'client', id: client } }),
    isEmpty: ({ payers }) => payers.length === 0,
  },
  {
    what: 'the underlag as of then',
    times: 5,
    ask: ({ underlag, earlier }) => underlag.basis({ asOf: earlier }),
    isEmpty: ({ payers }) => payers.length === 0,
  },
  {
    what: 'audit about an invoice',
    times: 50,
    ask: ({ underlag, invoiceNumber }) => underlag.audit({ about: invoiceNumber }),
    isEmpty: (entries) => entries.length === 0,
  },
  {
    what: 'why an invoice',
    times: 50,
    ask: ({ underlag, invoiceNumber }) => underlag.why(invoiceNumber),
    isEmpty: ({ _tag }) => _tag === 'None',
  },
  {
    what: 'why an open item',
    times: 50,
    ask: ({ underlag, open }) => underlag.why(`booking:${open[0]}`),
    isEmpty: ({ _tag }) => _tag === 'None',
  },
  {
    what: 'a booking moved',
    times: 50,
    ask: ({ underlag, open, today }, n) =>
      underlag.execute({
        type: 'RescheduleBooking',
        commandId: `move-${n}`,
        actor: 'user:anna',
        data: {
          bookingId: open[1 + (n % (open.length - 1))],
          startsAt: new Date(Date.parse(today) + (n % 1000) * 60_000).toISOString(),
        },
      }),
    isEmpty: ({ ok }) => !ok,
  },
]

let asked = 0

/** Asks one clinic one question, a round of times. */
export const round =
  (clinic, { what, times, ask, isEmpty }) =>
  async () => {
    for (let i = 0; i < times; i++)
      if (isEmpty(right(await ask(clinic, asked++)()))) throw new Error(`${what}: there was no answer`)
    return times
  }

/** The steps from one clinic to one with ten times its events. */
const STEPS = [
  [100, 10],
  [10, 1],
]

/** The underlag is asked as of the month before the one of which half is open. */
const LEAST_MONTHS = 2

export const growthRows = STEPS.flatMap(([, share]) =>
  questions.map(({ what }) => (share === 1 ? `${what}, all events` : `${what}, a tenth of them`)),
)

/** Line 15, by length: what a question costs when the log is ten times as long. The answers are as large as they were; each is asked of a warm process. */
export const growth = async ({ folder, events, progress }) => {
  const shares = [...new Set(STEPS.flat())]
  const fewest = LEAST_MONTHS * EVENTS_A_MONTH * Math.max(...shares)
  if (events < fewest) return growthRows.map(() => ({ skipped: `it needs --events ${fewest} or more` }))
  const clinics = new Map()
  for (const share of shares) {
    const months = Math.round(events / share / EVENTS_A_MONTH)
    clinics.set(share, await clinicOpenFor(join(folder, `line15-${share}.db`), months, progress))
  }
  const measured = []
  for (const [smaller, larger] of STEPS.map((step) => step.map((share) => clinics.get(share)))) {
    for (const question of questions) {
      progress(`${question.what}: ${larger.events} events against ${smaller.events}`)
      for (const clinic of [smaller, larger]) await round(clinic, question)()
      measured.push(await inTurns({ ours: round(larger, question), limit: round(smaller, question) }))
    }
  }
  await Promise.all([...clinics.values()].map(({ underlag }) => underlag.close()))
  return measured
}
