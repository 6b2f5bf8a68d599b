import { parseArgs } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'

/** The calls there are; each with its positional arguments and options of its own. */
export const calls = {
  execute: {
    usage: 'execute [FILE|-]',
    about: 'reads commands, one JSON a line, and answers each when its events are durable',
    options: [],
    most: 1,
  },
  basis: {
    usage: 'basis [--payer KIND:ID] [--as-of T]',
    about: 'the underlag: what is done, neither paid nor invoiced, per payer',
    options: ['payer', 'as-of'],
    most: 0,
  },
  invoices: {
    usage: 'invoices [--payer KIND:ID] [--status STATUS]',
    about: 'the register of invoices',
    options: ['payer', 'status'],
    most: 0,
  },
  invoice: {
    usage: 'invoice NUMBER [--pdf FILE [--attach-ubl]] [--ubl FILE] [--html FILE]',
    about: 'one invoice, and its documents',
    options: ['pdf', 'attach-ubl', 'html', 'ubl'],
    most: 1,
  },
  preview: {
    usage: 'preview FILE|-',
    about: 'what a RegisterInvoice, RegisterInvoices or CreditInvoice would register',
    options: [],
    most: 1,
  },
  deliver: {
    usage: 'deliver [--watch] [--log FILE|-]',
    about: 'runs the delivery process until nothing is due (or on and on)',
    options: ['watch', 'log'],
    most: 0,
  },
  deliveries: {
    usage: 'deliveries [--status STATUS] | deliveries settle ID sent|failed|retry [--actor A]',
    about: 'the deliveries, or the word of a person on one in doubt',
    options: ['status', 'actor'],
    most: 3,
  },
  audit: {
    usage: 'audit [--about ID] [--actor A] [--from T] [--to T]',
    about: 'the audit trail, oldest first',
    options: ['about', 'actor', 'from', 'to'],
    most: 0,
  },
  why: {
    usage: 'why ITEM|NUMBER',
    about: 'the events and rules that made an item of the underlag or an invoice what it is',
    options: [],
    most: 1,
  },
  rebuild: { usage: 'rebuild [NAME]', about: 'replays all events into the read models', options: [], most: 1 },
  verify: {
    usage: 'verify',
    about: 'proves that numbers, sources, read models, documents and sealed parts are as they must be',
    options: [],
    most: 0,
  },
  import: {
    usage: 'import camt054|bgmax FILE [--actor A]',
    about: "records the payments of a bank's file by their OCR references, each once",
    options: ['actor'],
    most: 2,
  },
  export: {
    usage: 'export sie FILE [--from DATE] [--to DATE]',
    about: 'invoices, credit notes and payments as vouchers for a bookkeeping program (SIE 4I)',
    options: ['from', 'to'],
    most: 2,
  },
  copy: {
    usage: 'copy --from STORE --to STORE',
    about: "copies a tenant's log and documents to another store, and proves that they are the same",
    options: ['from', 'to'],
    most: 0,
  },
} as const satisfies Record<string, { usage: string; about: string; options: ReadonlyArray<string>; most: number }>

export type Call = keyof typeof calls

export interface Arguments {
  readonly call: Call
  readonly rest: ReadonlyArray<string>
  readonly options: Readonly<Record<string, string | boolean | undefined>>
}

/** Help was asked for, or the call is not understood: the text, and whether that is an error. */
export interface Told {
  readonly text: string
  readonly isError: boolean
}

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const GLOBAL = ['store', 'tenant', 'config', 'json', 'help']

export const parse = (argv: ReadonlyArray<string>): E.Either<Told, Arguments> => {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        store: text,
        tenant: text,
        config: text,
        json: flag,
        help: { ...flag, short: 'h' },
        payer: text,
        'as-of': text,
        status: text,
        pdf: text,
        'attach-ubl': flag,
        html: text,
        ubl: text,
        watch: flag,
        log: text,
        about: text,
        actor: text,
        from: text,
        to: text,
      },
    })
    const [call, ...rest] = positionals
    if (call === 'help') return E.left({ text: help(), isError: false })
    if (call === undefined) return E.left({ text: help(), isError: values.help !== true })
    if (!Object.hasOwn(calls, call)) return E.left(usage(`There is no call ${JSON.stringify(call)}.`))
    const known = call as Call
    if (values.help === true) return E.left({ text: helpOf(known), isError: false })
    const { options, most } = calls[known]
    const foreign = Object.keys(values).find(
      (name) => !GLOBAL.includes(name) && !(options as ReadonlyArray<string>).includes(name),
    )
    if (foreign !== undefined) return E.left(usage(`${call} has no option --${foreign}.`, known))
    if (rest.length > most) return E.left(usage(`${call} does not take ${JSON.stringify(rest[most])}.`, known))
    return E.right({ call: known, rest, options: values })
  } catch (error) {
    return E.left(
      usage(
        `${error instanceof Error ? (error.message.split('\n')[0] ?? '').replace(/\.*(\s*(To specify|Did you forget) .*)?$/, '') : 'The options are wrong'}.`,
      ),
    )
  }
}

export const usage = (problem: string, call?: Call): Told => ({
  text: `${problem} ${call === undefined ? 'See underlag --help.' : `Use: underlag ${calls[call].usage}`}`,
  isError: true,
})

const GLOBAL_HELP = `Options of every call:
  --store STORE         sqlite:PATH or esdb://HOST:PORT (default sqlite:./underlag.db)
  --tenant ID           whose invoices (default default)
  --config FILE         time zone, e-mail and more, as JSON
  --json                one JSON document on standard output, nothing else
  --help                this text, or that of one call

Exit: 0 done; 1 refused, not found or a check failed; 2 bad usage, an unreadable file or the store failed.`

export const help = (): string => `underlag: invoicing for clinics, event by event

${Object.values(calls)
  .map(({ usage: how, about }) => `  underlag ${how}\n      ${about}`)
  .join('\n')}

${GLOBAL_HELP}

Example:
  echo '{"type":"ActivateInvoicing","commandId":"c1","actor":"user:anna"}' | underlag execute
  underlag basis --payer client:c1`

const EXAMPLES: Readonly<Record<Call, string>> = {
  execute: `echo '{"type":"MarkBookingPaid","commandId":"p1","actor":"user:anna","data":{"bookingId":"b1","method":"card"}}' | underlag execute -`,
  basis: 'underlag basis --payer company:acme --json',
  invoices: 'underlag invoices --status overdue',
  invoice: 'underlag invoice 17 --pdf faktura-17.pdf',
  preview: `echo '{"type":"RegisterInvoices","commandId":"m1","data":{"payers":"all","delivery":"email"}}' | underlag preview -`,
  deliver: 'underlag deliver --config underlag.json',
  deliveries: 'underlag deliveries settle 17.1 sent --actor user:anna',
  audit: 'underlag audit --about 17',
  why: 'underlag why booking:b1',
  rebuild: 'underlag rebuild visits',
  verify: 'underlag verify --json',
  import: 'underlag import camt054 avisering.xml --actor user:anna',
  export: 'underlag export sie FAKT.SI --from 2026-03-01 --to 2026-03-31',
  copy: 'underlag copy --from sqlite:underlag.db --to esdb://db1.example.se:2113',
}

const helpOf = (call: Call): string => `underlag ${calls[call].usage}
  ${calls[call].about}

${GLOBAL_HELP}

Example:
  ${EXAMPLES[call]}`
