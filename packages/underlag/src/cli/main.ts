import {
  appendFileSync,
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import type { PaymentsFormat } from '@underlag/bookkeeping/payments'
import {
  type DeliveryStatus,
  Instant,
  type InvoiceStatus,
  ItemId,
  LocalDate,
  Payer,
  Settlement,
} from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Refusal } from '../commands/answer.js'
import { decodeConfig, type UnderlagConfig, type UnusableConfig } from '../config.js'
import { copyTenant, type StoreName } from '../copy.js'
import type { LogEntry } from '../delivery/log.js'
import { isEventStoreDB } from '../event-store-db.js'
import type { Operation, OperationFailure } from '../runtime.js'
import { failureSentence, refusalSentence } from '../sentences.js'
import { openUnderlag, type Underlag } from '../underlag.js'
import { type Arguments, type Call, parse, usage } from './arguments.js'
import {
  auditPicture,
  basisPicture,
  deliveriesPicture,
  explanationPicture,
  exportedPicture,
  importedPicture,
  invoicePicture,
  invoicesPicture,
  previewPicture,
  verificationPicture,
} from './pictures.js'

/** 0: done; 1: refused, not found or a check failed; 2: bad usage, an unreadable file or the store failed. */
type ExitCode = 0 | 1 | 2

/** Ends the call with one line that says what to do. Thrown only here, and caught at the bottom of this file. */
class Stop extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message)
  }
}

const out = (text: string): void => void process.stdout.write(`${text}\n`)
const note = (text: string): void => void process.stderr.write(`${text}\n`)

/** Progress that overwrites itself on a terminal, and keeps quiet elsewhere. */
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}
/** Most calls are caught up in one batch, and say nothing. */
const caughtUpBy = ({ position, end }: { readonly position: bigint; readonly end: bigint }): void => {
  if (position < end) progress(`read models: ${position} of ${end} events`)
  else endProgress()
}
const endProgress = (): void => {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}

const run = async <A>(operation: Operation<A>): Promise<A> => {
  const done = await operation()
  if (E.isLeft(done)) throw new Stop(2, failureSentence(done.left))
  return done.right
}

const main = async (argv: ReadonlyArray<string>): Promise<ExitCode> => {
  const parsed = parse(argv)
  if (E.isLeft(parsed)) {
    if (!parsed.left.isError) {
      out(parsed.left.text)
      return 0
    }
    throw new Stop(2, parsed.left.text)
  }
  const { call, rest, options } = parsed.right
  const checked = checkedArguments(parsed.right)
  const config = readConfig(options.config)
  const store = storeOf(options, 'store', 'sqlite:./underlag.db')
  const tenant = String(options.tenant ?? 'default')
  if (!/^[A-Za-z0-9_.:-]{1,64}$/.test(tenant))
    throw new Stop(2, '--tenant must be 1 to 64 of the characters A-Z a-z 0-9 _ . : -')

  if (call === 'copy') return runCopy(options, tenant, config)

  // Only `execute` makes a store: a mistyped path must not answer that there is nothing.
  const path = store.slice('sqlite:'.length)
  if (call !== 'execute' && !isEventStoreDB(store) && isNothing(path))
    throw new Stop(
      2,
      `There is no store at ${path}: name it with --store sqlite:PATH, or make it with underlag execute.`,
    )

  const input =
    call === 'import'
      ? readBytes(rest[1] ?? '')
      : call === 'execute' || call === 'preview'
        ? await inputOf(rest[0], call === 'preview')
        : undefined
  const log = logTo(options.log)
  const opened = await openUnderlag({
    ...(isEventStoreDB(store) ? { store, create: call === 'execute' } : { store: `sqlite:${path}` }),
    ...{ tenant, config, onProgress: caughtUpBy },
    ...(log === undefined ? {} : { log }),
  })()
  if (E.isLeft(opened)) throw new Stop(2, openFailure(opened.left))
  const underlag = opened.right
  try {
    return await answer(underlag, { ...parsed.right, ...checked, call }, input)
  } finally {
    await underlag.close()
  }
}

/** The log of the delivery process, a JSON object a line: written as it comes, so that a file can be rotated and followed. */
const logTo = (file: string | boolean | undefined): ((entry: LogEntry) => void) | undefined => {
  if (typeof file !== 'string') return undefined
  if (file === '-') return (entry) => note(JSON.stringify(entry))
  const write = (line: string): void => {
    try {
      appendFileSync(file, line)
    } catch (error) {
      throw new Stop(
        2,
        `The log ${file} cannot be written (${(error as NodeJS.ErrnoException).code}): name a file in a folder that this user can write to.`,
      )
    }
  }
  keepOther(file, ['{'], 'log')
  write('')
  return (entry) => write(`${JSON.stringify(entry)}\n`)
}

const storeOf = (options: Arguments['options'], name: string, fallback?: string): StoreName => {
  const store = String(options[name] ?? fallback ?? '')
  if (/^sqlite:.+$/.test(store) || isEventStoreDB(store)) return store as StoreName
  // Not shown as it was written: a connection string may hold a password.
  throw new Stop(2, `--${name} must be sqlite:PATH or esdb://HOST:PORT.`)
}

const runCopy = async (options: Arguments['options'], tenant: string, config: UnderlagConfig): Promise<ExitCode> => {
  const [from, to] = [storeOf(options, 'from'), storeOf(options, 'to')]
  const path = from.slice('sqlite:'.length)
  if (!isEventStoreDB(from) && isNothing(path)) throw new Stop(2, `There is no store at ${path}: name it with --from.`)
  const onProgress = (events: number): void => progress(`copied ${events} events`)
  const copied = await copyTenant({ from, to, tenant, config, onProgress })()
  endProgress()
  if (E.isLeft(copied)) throw new Stop(2, openFailure(copied.left))
  const { events, added, documents, sha256 } = copied.right
  out(
    options.json === true
      ? JSON.stringify({ ok: true, ...copied.right })
      : `${events} events (${added} of them new) and ${documents} documents are equal in both stores.\nSHA-256 ${sha256}\nThe key file is not copied: bring it, or name it by keys.file in the configuration.`,
  )
  return 0
}

const openFailure = (failure: UnusableConfig | OperationFailure): string =>
  failure._tag === 'UnusableConfig'
    ? `The configuration cannot be used: ${failure.problems.join('; ')}`
    : failureSentence(failure)

/** Nothing there, or a file that somebody began to make: empty. */
const isNothing = (path: string): boolean => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined || (found.isFile() && found.size === 0)
}

interface Checked {
  readonly payer: Payer | undefined
}

const STATUSES = {
  invoices: ['credited', 'paid', 'overdue', 'partlyPaid', 'registered'],
  deliveries: ['requested', 'waiting', 'held', 'accepted', 'delivered', 'failed', 'inDoubt'],
} as const

/** What parsing cannot see: values. */
const checkedArguments = ({ call, rest, options }: Arguments): Checked => {
  const bad = (problem: string): never => {
    throw new Stop(2, usage(problem, call).text)
  }
  const [, kind, id] = /^(client|company):(.+)$/.exec(String(options.payer ?? '')) ?? []
  const payer = { kind, id }
  if (options.payer !== undefined && !Payer.is(payer)) bad('--payer must be client:ID or company:ID.')
  if ((call === 'invoices' || call === 'deliveries') && options.status !== undefined) {
    const statuses: ReadonlyArray<string> = STATUSES[call]
    if (!statuses.includes(String(options.status))) bad(`--status must be one of ${statuses.join(', ')}.`)
  }
  for (const name of call === 'copy' ? [] : ['as-of', 'from', 'to']) {
    const value = options[name]
    if (value === undefined || LocalDate.is(value)) continue
    if (call === 'export') bad(`--${name} must be a date, such as 2026-03-01.`)
    if (!Instant.is(value))
      bad(`--${name} must be an instant in UTC or a date, such as 2026-03-01T09:00:00Z or 2026-03-01.`)
  }
  if (call === 'invoice' && rest.length !== 1) bad('invoice needs the number of one.')
  if (call === 'invoice' && options['attach-ubl'] === true && options.pdf === undefined)
    bad('--attach-ubl goes with --pdf FILE.')
  const files = new Map<string, string>()
  for (const name of call === 'invoice' ? ['pdf', 'ubl', 'html'] : []) {
    const file = options[name]
    if (typeof file !== 'string') continue
    if (file === '-') bad(`--${name} needs the name of a file: no document is written to standard output.`)
    const other = files.get(resolve(file))
    if (other !== undefined) bad(`--${other} and --${name} name the same file.`)
    files.set(resolve(file), name)
  }
  if (call === 'why' && rest.length !== 1) bad('why needs an item, such as booking:b1, or the number of an invoice.')
  if (call === 'import' && (rest.length !== 2 || !isPaymentsFormat(rest[0])))
    bad('import needs the layout, camt054 or bgmax, and a file.')
  if (call === 'export' && (rest.length !== 2 || rest[0] !== 'sie')) bad('export needs the layout, sie, and a file.')
  if (call === 'export' && rest[1] === '-') bad('export needs the name of a file: it is no text for a terminal.')
  if (call === 'export' && options.from !== undefined && options.to !== undefined && options.to < options.from)
    bad('--to is before --from.')
  if (call === 'preview' && rest.length !== 1) bad('preview needs a file with one command, or -.')
  if (
    call === 'deliveries' &&
    rest.length > 0 &&
    (rest[0] !== 'settle' || rest.length !== 3 || !Settlement.is(rest[2]))
  )
    bad('Settle one delivery as sent, failed or retry.')
  return { payer: Payer.is(payer) ? payer : undefined }
}

const isPaymentsFormat = (text: string | undefined): text is PaymentsFormat => text === 'camt054' || text === 'bgmax'

const readConfig = (file: unknown): UnderlagConfig => {
  if (file === undefined) return {}
  const config = decodeConfig(parseJson(readText(String(file)), `The configuration ${file}`))
  if (E.isLeft(config))
    throw new Stop(2, `The configuration ${file} cannot be used: ${config.left.problems.join('; ')}`)
  return config.right
}

const readText = (file: string): string =>
  readBytes(file)
    .toString('utf8')
    .replace(/^\uFEFF/, '')

const readBytes = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Stop(
      2,
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}): name a file that this user can read.`,
    )
  }
}

const parseJson = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Stop(2, `${what} is not JSON.`)
  }
}

const inputOf = async (file: string | undefined, whole: boolean): Promise<NodeJS.ReadableStream | string> => {
  if (whole) {
    if (file !== '-') return readText(String(file))
    const lines: Array<string> = []
    for await (const line of linesOf(process.stdin)) lines.push(line)
    return lines.join('\n')
  }
  if (file === undefined || file === '-') return process.stdin
  // Opened before the store is: nothing is done when the file is not there.
  readText(file)
  return createReadStream(file)
}

const answer = async (
  underlag: Underlag,
  { call, rest, options, payer }: Arguments & Checked & { readonly call: Exclude<Call, 'copy'> },
  input: NodeJS.ReadableStream | string | Uint8Array | undefined,
): Promise<ExitCode> => {
  const json = options.json === true
  const show = (document: unknown, picture: () => string): void => out(json ? JSON.stringify(document) : picture())
  const ofPayer = payer === undefined ? {} : { payer }
  switch (call) {
    case 'execute':
      return executeAll(underlag, input as NodeJS.ReadableStream)
    case 'basis': {
      const asOf = options['as-of'] === undefined ? {} : { asOf: String(options['as-of']) }
      const found = await run(underlag.basis({ ...ofPayer, ...asOf }))
      show(found, () => basisPicture(found))
      return 0
    }
    case 'invoices': {
      const status = options.status === undefined ? {} : { status: options.status as InvoiceStatus }
      const found = await run(underlag.invoices({ ...ofPayer, ...status }))
      show({ invoices: found }, () => invoicesPicture(found))
      return 0
    }
    case 'invoice':
      return oneInvoice(underlag, rest[0] ?? '', options, show, json)
    case 'preview': {
      const previewed = await run(underlag.preview(parseJson(input as string, 'The input (one command)')))
      show(previewed, () => previewPicture(previewed, refusalSentence))
      return previewed.invoices.length === 0 && previewed.refused.length > 0 ? 1 : 0
    }
    case 'deliver':
      return runDelivery(underlag, options.watch === true, json)
    case 'deliveries': {
      if (rest[0] === 'settle') {
        const actor = options.actor === undefined ? undefined : String(options.actor)
        const settled = await run(underlag.settleDelivery(rest[1] ?? '', rest[2] as Settlement, actor))
        show(settled, () =>
          settled.ok ? `Delivery ${rest[1]} is settled as ${rest[2]}.` : refusalSentence(settled.refusal),
        )
        return settled.ok ? 0 : 1
      }
      const found = await run(underlag.deliveries(options.status as DeliveryStatus | undefined))
      show({ deliveries: found }, () => deliveriesPicture(found))
      return 0
    }
    case 'audit': {
      const asked = Object.fromEntries(
        ['about', 'actor', 'from', 'to'].flatMap((name) =>
          options[name] === undefined ? [] : [[name, options[name]]],
        ),
      )
      const entries = await run(underlag.audit(asked))
      show({ entries }, () => auditPicture(entries))
      return 0
    }
    case 'why': {
      const about = rest[0] ?? ''
      const explained = await run(underlag.why(about))
      if (O.isNone(explained))
        return refused(
          json,
          ItemId.is(about) ? { _tag: 'UnknownItem', items: [about] } : { _tag: 'UnknownInvoice', invoiceNumber: about },
        )
      const { value } = explained
      show(value, () => explanationPicture(value))
      return 0
    }
    case 'import': {
      const [format, file] = rest
      const imported = await run(
        underlag.importPayments(format as PaymentsFormat, input as Uint8Array, {
          ...(options.actor === undefined ? {} : { actor: String(options.actor) }),
          onProgress: (done, all) => progress(`${done} of ${all} payments`),
        }),
      )
      endProgress()
      if (E.isLeft(imported))
        throw new Stop(2, `${file} was not imported. ${imported.left.reason} ${imported.left.remedy}`)
      show(imported.right, () => importedPicture(imported.right, refusalSentence))
      return imported.right.notRecorded > 0 ? 1 : 0
    }
    case 'export': {
      const asked = Object.fromEntries(['from', 'to'].flatMap((name) => (options[name] ? [[name, options[name]]] : [])))
      const exported = await run(underlag.exportSie(asked))
      if (O.isNone(exported)) {
        show(
          { file: null, invoices: 0, creditNotes: 0, payments: 0 },
          () =>
            `There is nothing to book: no file was written.${existsSync(rest[1] ?? '') ? ` The ${rest[1]} that is there is an older one.` : ''}`,
        )
        return 0
      }
      const { file: bytes, ...counts } = exported.value
      const file = rest[1] ?? ''
      write(file, bytes, [SIE_BEGINNING])
      show({ file, ...counts }, () => exportedPicture(counts))
      return 0
    }
    case 'rebuild': {
      const rebuilt = await run(
        underlag.rebuild(rest[0], ({ position, end }) => progress(`replayed ${position} of ${end}`)),
      )
      endProgress()
      if (O.isNone(rebuilt)) throw new Stop(2, `There is no read model ${rest[0]}.`)
      show({ ok: true, position: Number(rebuilt.value) }, () => `Rebuilt up to position ${rebuilt.value}.`)
      return 0
    }
    case 'verify': {
      const verified = await run(underlag.verify((events) => progress(`replayed ${events} events`)))
      endProgress()
      show(verified, () => verificationPicture(verified))
      return verified.ok ? 0 : 1
    }
  }
}

const executeAll = async (underlag: Underlag, input: NodeJS.ReadableStream): Promise<ExitCode> => {
  let exitCode: ExitCode = 0
  let number = 0
  // One JSON a line with --json as well: an answer is told when its events are durable, not when the last line was read.
  const told = async (document: unknown): Promise<void> => {
    if (!process.stdout.write(`${JSON.stringify(document)}\n`))
      await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
  for await (const line of linesOf(input)) {
    number += 1
    if (line.trim() === '') continue
    // The decoder's mark for bytes that are no UTF-8: stored, they would stand on invoices for good.
    const problem = line.includes('\ufffd')
      ? 'the line must be UTF-8'
      : parsedLine(line) === undefined
        ? 'the line must be one JSON object'
        : undefined
    const done =
      problem === undefined
        ? await run(underlag.execute(parsedLine(line)))
        : { ok: false as const, refusal: { _tag: 'MalformedCommand', problems: [problem] } }
    if (!done.ok) exitCode = 1
    await told(done.ok || done.refusal._tag !== 'MalformedCommand' ? done : { line: number, ...done })
  }
  return exitCode
}

/** Lines end with a line feed alone: other characters that some take for one, as in U+2028, may stand within JSON. */
async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8')
  let rest = ''
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  for (;;) {
    const { value, done } = await chunks.next().catch((error) => {
      throw new Stop(2, `The commands cannot be read any further (${(error as NodeJS.ErrnoException).code}).`)
    })
    if (done === true) break
    // The decoder leaves out a byte order mark at the beginning.
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

const parsedLine = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const oneInvoice = async (
  underlag: Underlag,
  number: string,
  options: Arguments['options'],
  show: (document: unknown, picture: () => string) => void,
  json: boolean,
): Promise<ExitCode> => {
  const found = await run(underlag.invoice(number))
  if (O.isNone(found)) return refused(json, { _tag: 'UnknownInvoice', invoiceNumber: number })
  if (typeof options.pdf === 'string') {
    const pdf = await run(
      options['attach-ubl'] === true
        ? underlag.invoicePdfWithUbl(number)
        : pipe(underlag.invoicePdf(number), TE.map(O.map((bytes) => E.right(bytes)))),
    )
    if (O.isNone(pdf)) return refused(json, { _tag: 'DocumentErased', invoiceNumber: number })
    if (E.isLeft(pdf.value)) return refused(json, { ...pdf.value.left, invoiceNumber: number })
    write(options.pdf, pdf.value.right)
  }
  if (typeof options.ubl === 'string') {
    const ubl = await run(underlag.invoiceUbl(number))
    if (O.isSome(ubl) && E.isLeft(ubl.value)) return refused(json, { ...ubl.value.left, invoiceNumber: number })
    if (O.isSome(ubl) && E.isRight(ubl.value)) write(options.ubl, ubl.value.right)
  }
  if (typeof options.html === 'string') {
    const html = await run(underlag.invoiceHtml(number))
    if (O.isSome(html)) write(options.html, html.value)
  }
  show(found.value, () => invoicePicture(found.value))
  return 0
}

/** Not found, or not possible: a sentence on standard error, or as JSON the document that was asked for. */
const refused = (json: boolean, refusal: Refusal): ExitCode => {
  if (!json) throw new Stop(1, refusalSentence(refusal))
  out(JSON.stringify({ ok: false, refusal }))
  return 1
}

/** Of a file that was exported before; another program's is another's bookkeeping. */
const SIE_BEGINNING = '#FLAGGA 0\r\n#PROGRAM Underlag '

/** A slip of the hand must not cost the store or its keys: only what begins like one of ours is written to. */
const keepOther = (file: string, beginnings: ReadonlyArray<string>, what: string): void => {
  let begin: string
  try {
    if (!statSync(file).isFile()) return
    const there = openSync(file, 'r')
    try {
      const bytes = Buffer.alloc(Math.max(...beginnings.map(({ length }) => length)))
      begin = bytes.toString('latin1', 0, readSync(there, bytes))
    } finally {
      closeSync(there)
    }
  } catch {
    // Not there, or not readable: writing will tell.
    return
  }
  if (begin !== '' && !beginnings.some((one) => begin.startsWith(one)))
    throw new Stop(2, `${file} is there and is no ${what}: name another file. Nothing was written.`)
}

const write = (file: string, content: string | Uint8Array, beginnings = ['%PDF-', '<']): void => {
  keepOther(file, beginnings, 'document')
  try {
    writeFileSync(file, content)
  } catch (error) {
    throw new Stop(
      2,
      `${file} cannot be written (${(error as NodeJS.ErrnoException).code}): name a file in a folder that this user can write to.`,
    )
  }
  note(`${file} written.`)
}

const runDelivery = async (underlag: Underlag, watch: boolean, json: boolean): Promise<ExitCode> => {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopOrEnd(stop, signal))
  const { steps, paused } = await run(
    underlag.deliver({
      watch,
      signal: stop.signal,
      onStep: ({ deliveryId, invoiceNumber, delivery, outcome, detail }) => {
        endProgress()
        note(`${deliveryId}: invoice ${invoiceNumber} by ${delivery}: ${outcome}${detail === '' ? '' : ` (${detail})`}`)
      },
      onProgress: (done, due) => progress(`${done} of ${due} deliveries`),
    }),
  )
  endProgress()
  if (json) out(JSON.stringify({ steps, paused }))
  else if (paused > 0) out(`${paused} left for later: their counterpart asked for a pause.`)
  else if (steps.length === 0 && !watch) out('Nothing was due.')
  return 0
}

/** One Ctrl-C comes twice where npm or a script stands between: only one that is sent later cuts off what is under way. */
const SAME_SIGNAL_MS = 2_000
let firstSignalAt: number | undefined
const stopOrEnd = (stop: AbortController, signal: NodeJS.Signals): void => {
  const now = performance.now()
  firstSignalAt ??= now
  stop.abort()
  if (now - firstSignalAt > SAME_SIGNAL_MS) process.exit(128 + constants.signals[signal])
}

/** A fault of ours: where, and never what, for the message may hold anything. */
const fault = (error: unknown): string => {
  const { name, stack } = error instanceof Error ? error : new Error()
  const place = /\n\s+at .*?([^/\\(]+:\d+:\d+)\)?/.exec(stack ?? '')?.[1]
  return `Underlag failed by a fault of its own (${name}${place === undefined ? '' : ` at ${place}`}): report it. Sending the same again is safe.`
}

// Who reads no further (as `head` does), or a disk that is full, ends the call; what was answered is durable all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') note(`The answer cannot be written (${error.code}): make room for it.`)
  process.exit(2)
})

// Node's warnings of this kind are for whoever writes programs, and a failure is one line.
process.noDeprecation = true

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  endProgress()
  note(error instanceof Stop ? error.message : fault(error))
  process.exitCode = error instanceof Stop ? error.exitCode : 2
  // Not waited for: a TLS handshake with a host that says nothing cannot be given up.
  process.stderr.write('', () => process.stdout.write('', () => process.exit()))
}
