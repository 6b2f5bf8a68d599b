// The generated parts of docs/reference: what stands between `<!-- generated: NAME ARGUMENT -->` and `<!-- end -->`.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { fieldsOf } from './docs-fields.mjs'
import { blocksOf } from './docs-markdown.mjs'
import { load, world } from './docs-world.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
const invoicing = await load('invoicing/dist/src/index.js')
const kernel = await load('kernel/dist/src/index.js')
const { refusalSentence, failureSentence } = await load('underlag/dist/src/index.js')
const { calls } = await load('underlag/dist/src/cli/arguments.js')
const { summaryOf } = await load('underlag/dist/src/queries/summary.js')
const { UnderlagConfig } = await load('underlag/dist/src/config.js')
const { TEXT_LABELS, THEME_LABELS } = await load('documents/dist/src/template/v1/text-labels.js')
const { viewShape } = await load('documents/dist/src/template/v1/view-shape.js')

// ---------------------------------------------------------------- JSON that a person reads

const WIDTH = 116

/** On one line where it fits, otherwise broken at the outermost level. */
const pretty = (value, indent = '') => {
  const line = oneLine(value)
  if (indent.length + line.length <= WIDTH || typeof value !== 'object' || value === null) return line
  const inner = `${indent}  `
  const rows = Array.isArray(value)
    ? value.map((element) => pretty(element, inner))
    : Object.entries(value).map(([key, element]) => `${JSON.stringify(key)}: ${pretty(element, inner)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${rows.map((row) => inner + row).join(',\n')}\n${indent}${close}`
}

const oneLine = (value) => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  const fields = Object.entries(value).map(([key, element]) => `${JSON.stringify(key)}: ${oneLine(element)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

const json = (value) => `\`\`\`json\n${pretty(value)}\n\`\`\``

// ---------------------------------------------------------------- fields

const of = (codec) => (value) => {
  const decoded = codec.decode(value)
  return decoded._tag === 'Left' ? kernel.problems(decoded.left) : []
}

/** Values that have a name of their own, by what is told of a wrong one, or by their fields. */
const named = new Map([
  ['an id of 1 to 64 of the characters A-Z a-z 0-9 _ . : -', '[id](commands.md#values)'],
  ['an instant in UTC, such as 2026-03-01T09:00:00Z', '[instant](commands.md#values)'],
  ['a date as YYYY-MM-DD', '[date](commands.md#values)'],
  ['a decimal string with at most three decimals, such as "1" or "1.5"', '[quantity](commands.md#values)'],
  ['a percentage as a decimal string from "0" to "100", such as "12.5"', '[percent](commands.md#values)'],
  ['booking:ID, journalEntry:ID or line:ID', '[item id](commands.md#values)'],
  ['amount currency', '[money](commands.md#values)'],
  ['city country lines postalCode', '[address](commands.md#values)'],
  ['id scheme', '[electronic address](commands.md#values)'],
  ['id kind', '[payer](commands.md#values)'],
  [[...THEME_LABELS, 'note'].sort().join(' '), '[texts](invoice-template.md#texts)'],
])
const VAT = /\{"kind":"standard".*?"reverseCharge"\}/

const shape = (fields) =>
  fields &&
  named.get(
    fields
      .map(({ name }) => name)
      .sort()
      .join(' '),
  )

const said = ({ remedy, fields }) => {
  const value = shape(fields)
  let text = value === undefined ? remedy : remedy.replace('an object', value)
  if (value !== undefined && fields.find(({ name }) => name === 'amount')?.remedy.endsWith('0 or more'))
    text = text.replace('money](commands.md#values)', 'money](commands.md#values), 0 or more')
  text = text
    .replace(VAT, '[VAT](commands.md#values)')
    .replace(/^ReadonlyArray<(.*)>$/, 'a list: $1')
    .replace('list: an object', 'list of objects')
  for (const [long, short] of named) text = text.replace(long, short)
  return text.replace(/\bone of ([\w./, ]*?\w)(?=$|, or null| or null)/, (_, list) =>
    list
      .split(', ')
      .map((word) => `\`${word}\``)
      .join(', '),
  )
}

const escaped = (text) => text.replaceAll('|', '\\|')

const rowsOf = (fields, prefix = '') =>
  fields.flatMap((field) => {
    const path = `${prefix}${field.name}`
    const below = shape(field.fields) ? [] : rowsOf(field.fields ?? [], `${path}.`)
    const inList = shape(field.ofList) ? [] : rowsOf(field.ofList ?? [], `${path}[].`)
    return [{ ...field, path, said: said(field) }, ...below, ...inList]
  })

const table = (heads, rows) =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n')

const fieldTable = (fields, more = { heads: [], of: () => [] }) =>
  table(
    ['Field', '', 'Is', ...more.heads],
    rowsOf(fields).map((row) => [`\`${row.path}\``, row.required ? 'required' : 'optional', row.said, ...more.of(row)]),
  )

/** A section of the configuration that is read by the provider it names, as `letter pingen`. */
const providerTable = (argument) => {
  const [section, provider] = argument.split('.')
  const codec = of(UnderlagConfig)
  const given = (value) => (typeof value === 'object' && value !== null ? { provider, ...value } : value)
  return fieldTable(
    fieldsOf((value) => codec({ [section]: given(value) }).map((problem) => problem.replace(`${section}.`, ''))).filter(
      ({ name }) => name !== 'provider',
    ),
  )
}

// ---------------------------------------------------------------- commands.md

const isInvoice = ({ type }) => type === 'InvoiceRegistered' || type === 'InvoiceCredited'
const IN_SHORT = [
  'invoiceNumber',
  'ocr',
  'invoiceDate',
  'dueDate',
  'payer',
  'lines',
  'toPay',
  'delivery',
  'leftOut',
  'status',
  'credits',
  'released',
  'settled',
]

/** An invoice's data without what other pages show in full. */
const inShort = (data) =>
  Object.fromEntries(
    IN_SHORT.filter((field) => data[field] !== undefined).map((field) => [
      field,
      field === 'lines' ? data.lines.map(({ itemId, quantity, net }) => ({ itemId, quantity, net })) : data[field],
    ]),
  )

const same = (a, b) => kernel.canonicalJson(a) === kernel.canonicalJson(b)

const outcome = (commands, answers, whole) =>
  answers
    .map((answer, i) => {
      if (!answer.ok) return `Refused:\n\n${json(answer.refusal)}`
      if (answer.events.length === 0) return '`ok`, and nothing had to change.'
      const own = commands[i].data ?? {}
      const events = answer.events.map((event) => {
        const to = `\`${event.type}\` in \`${event.stream}\``
        if (same(own, event.data))
          return `→ ${to}${Object.keys(own).length === 0 ? '' : ', its data those of the command'}.`
        if (!isInvoice(event)) return `→ ${to}:\n\n${json(event.data)}`
        return whole ? `→ ${to}:\n\n${json(event.data)}` : `→ ${to}, of its data:\n\n${json(inShort(event.data))}`
      })
      const { warnings, refused } = answer
      const beside = { ...(warnings && { warnings }), ...(refused && { refused }) }
      return [...events, ...(Object.keys(beside).length === 0 ? [] : [`Beside \`events\`:\n\n${json(beside)}`])].join(
        '\n\n',
      )
    })
    .join('\n\n')

const tagged = (tag) => `[${tag}](refusals.md#${tag.toLowerCase()})`
const fieldsIn = ({ _tag, ...fields }) => Object.keys(fields)
const braced = (names) => (names.length === 0 ? '' : ` \`{${names.join(', ')}}\``)

const refusalTable = (refused, type) =>
  table(
    ['Refused', 'when'],
    refused
      .filter((row) => row.type === type)
      .map(({ tag, refusal, when }) => [`${tagged(tag)}${braced(fieldsIn(refusal))}`, when]),
  )

const envelope = () => {
  const own = fieldsOf((value) => {
    const decoded = invoicing.decodeCommand(value)
    return decoded._tag === 'Left' ? decoded.left.problems : []
  })
  return fieldTable(
    own.map((field) => (field.name === 'type' ? { ...field, remedy: 'the name of a command of this page' } : field)),
  )
}

// ---------------------------------------------------------------- the other pages

const sample = (refused, tag) => {
  const found = refused.filter((row) => row.tag === tag)
  if (found.length === 0) throw new Error(`no command is refused ${tag}: give scripts/lib/docs-refusals.mjs one`)
  return found
}

const refusal = (refused, tag) => {
  const found = sample(refused, tag)
  const by = [...new Set(found.map(({ type }) => type).filter(Boolean))]
  return [
    `> ${refusalSentence(found[0].refusal)}`,
    json(found[0].refusal),
    ...(by.length === 0 ? [] : [`Of ${by.map((type) => `[${type}](commands.md#${type.toLowerCase()})`).join(', ')}.`]),
  ].join('\n\n')
}

/** One of each failure, as the type says; the sentences are the command line's. */
const failures = {
  StoreUnavailable: {
    _tag: 'StoreUnavailable',
    reason: './underlag.db is locked by another process.',
    remedy: 'Wait until that process is done or end it, then try again.',
    transient: true,
  },
  UnreadableEvent: {
    _tag: 'UnreadableEvent',
    type: 'BookingRecorded.v2',
    problems: ['type must be a known event type'],
    stream: 'booking/b1',
  },
  Parked: {
    _tag: 'Parked',
    table: 'visits',
    position: 17n,
    type: 'BookingRecorded.v2',
    problems: ['type must be a known event type'],
  },
  TooLarge: { _tag: 'TooLarge', size: 1_400_000, limit: 1_048_576 },
  TooManyConflicts: { _tag: 'TooManyConflicts', stream: 'ledger/invoices' },
  BrowserNotFound: {
    _tag: 'BrowserNotFound',
    remedy: 'Install Chromium or name it in UNDERLAG_BROWSER.',
    looked: ['chromium'],
  },
  BrowserFailed: { _tag: 'BrowserFailed', detail: 'it ended with SIGKILL' },
  ThemeMissing: { _tag: 'ThemeMissing', sha256: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c' },
  RenderTimedOut: { _tag: 'RenderTimedOut', timeoutMs: 30_000 },
  RendererClosed: { _tag: 'RendererClosed' },
}

const failureTable = () =>
  table(
    ['`_tag`', 'Fields', 'For example'],
    Object.entries(failures).map(([tag, failure]) => [
      `\`${tag}\``,
      fieldsIn(failure)
        .map((name) => `\`${name}\``)
        .join(', '),
      failureSentence(failure),
    ]),
  )

const warningTable = (warnings) =>
  table(
    ['`_tag`', 'For example'],
    [...new Map(warnings.map((warning) => [warning._tag, warning]))].map(([tag, warning]) => [
      `\`${tag}\``,
      `\`${JSON.stringify(warning)}\``,
    ]),
  )

/** Why payments of a bank's file are left to a person. */
const paymentTable = (payments) =>
  table(
    ['`_tag`', 'Fields', 'For example'],
    [...new Map(payments.map((refusal) => [refusal._tag, refusal]))].map(([tag, refusal]) => [
      `\`${tag}\``,
      fieldsIn(refusal)
        .map((name) => `\`${name}\``)
        .join(', '),
      refusalSentence(refusal),
    ]),
  )

/** Each reason of a conflict with its remedy: from visits made up so that the state contradicts the invoice. */
const conflictTable = () => {
  const source = { revision: 0 }
  const booking = {
    ...source,
    bookingId: 'b1',
    clientId: 'k1',
    treatmentTypeId: 'samtal',
    startsAt: '2026-03-12T09:00:00Z',
  }
  const claim = { itemId: 'booking:b1', invoiceNumber: '17', date: '2026-03-12', sourceRevision: 0, credited: false }
  const line = { ...source, lineId: 'l1', payer: { kind: 'client', id: 'k1' }, date: '2026-03-12' }
  const visits = [
    { booking: { ...booking, paid: true }, claims: [claim] },
    { booking: { ...booking, cancelled: true }, claims: [claim] },
    { booking: { ...booking, startsAt: '2026-03-13T09:00:00Z' }, claims: [claim] },
    { line: { ...line, removed: true }, claims: [{ ...claim, itemId: 'line:l1' }] },
    { booking: { ...booking, editedAt: 1 }, claims: [claim] },
  ]
  const rows = visits.flatMap((visit) => invoicing.conflictsOf(visit, 'Europe/Stockholm'))
  return table(
    ['`reason`', '`remedy`, of invoice 17'],
    rows.map(({ reason, remedy }) => [`\`${reason}\``, remedy]),
  )
}

const viewRows = ({ fields, of }, prefix = '') =>
  of !== undefined
    ? viewRows(of, prefix)
    : Object.entries(fields ?? {}).flatMap(([name, shape]) => [
        [`\`${prefix}${name}\``, shape.kind, shape.about],
        ...(name === 'texts' ? [] : viewRows(shape, `${prefix}${name}${shape.kind === 'list' ? '[]' : ''}.`)),
      ])

const kindOf = ({ stream }) => stream.slice(0, stream.indexOf('/'))

/** The data with every field that it might have, so that nothing that would be sealed is missed. */
const filled = (data, fields) => {
  const whole = { ...data }
  for (const { name, fields: below, ofList } of fields) {
    if (below !== undefined) whole[name] = filled(data[name] ?? {}, below)
    else if (ofList !== undefined) whole[name] = (data[name] ?? [{}]).map((element) => filled(element, ofList))
    else whole[name] ??= 'x'
  }
  return whole
}

/** The sentence of the audit trail; leases are not in it. */
const told = (event) => {
  const sentence = summaryOf(event)
  return sentence === event.type ? 'Not in the audit trail.' : `*${sentence.replace(/\.\d{3}Z/, 'Z')}.*`
}

/** The events of one kind of stream: what each says of itself, its fields, and which of them are sealed. */
const eventsOf = (events, kind) => {
  const codec = invoicing.codecs.get(kind)
  return codec.types
    .flatMap((type) => {
      const found = events.filter((event) => event.type === type && kindOf(event) === kind)
      const elsewhere = events.some((event) => event.type === type)
      // Clients and companies share a codec; an edit may be of any item.
      if (found.length === 0 && elsewhere) return []
      if (found.length === 0) throw new Error(`no run of scripts/lib/docs-world.mjs stores ${type}`)
      const fields = fieldsOf((data) => {
        const decoded = codec.decode({ type, data })
        return decoded._tag === 'Left' ? decoded.left.problems : []
      })
      const parts = codec.encode({ type, data: filled(found[0].data, fields) }).personal
      const pointers = parts.flatMap((part) =>
        Object.keys(part.fields).map((pointer) =>
          pointer
            .slice(1)
            .replace(/\/\d+\//g, '[].')
            .replaceAll('/', '.'),
        ),
      )
      const purposes = [...new Set(parts.map(({ purpose }) => purpose.replace(/:\d+$/, ':YEAR')))]
      const isSealed = ({ path }) => pointers.some((pointer) => path === pointer || path.startsWith(`${pointer}.`))
      return [
        `### ${type}`,
        `${told(found[0])}${purposes.length === 0 ? '' : ` Sealed for \`${purposes.join('`, `')}\`.`}`,
        ...(fields.length === 0
          ? ['No data.']
          : [fieldTable(fields, { heads: [''], of: (row) => [isSealed(row) ? 'sealed' : ''] })]),
      ]
    })
    .join('\n\n')
}

const call = (name) => `\`underlag ${calls[name].usage}\`: ${calls[name].about}.`

/** How the facade, or what it hands on of files of banks, declares something, with its comments. */
const declaration = (name) => {
  const found = sources
    .map((text) => new RegExp(`^export (interface|type|const) ${name}\\b`, 'm').exec(text) && text)
    .find(Boolean)
  if (found === undefined) throw new Error(`the facade declares no ${name}`)
  const lines = found.split('\n')
  const at = lines.findIndex((line) => new RegExp(`^export (interface|type|const) ${name}\\b`).test(line))
  let from = at
  if (lines[at - 1]?.endsWith('*/')) for (from = at - 1; !lines[from].startsWith('/**'); from--);
  const isConst = lines[at].startsWith('export const')
  let to = at
  if (!isConst) while (lines[to + 1] !== undefined && /^( |\}|\/\/ )/.test(lines[to + 1])) to++
  const text = lines
    .slice(from, to + 1)
    .join('\n')
    .trim()
  return `\`\`\`typescript\n${isConst ? text.replace(/^(export const .*?\): .*?) => .*$/m, '$1') : text}\n\`\`\``
}
const walk = (folder) =>
  fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name)
    return entry.isDirectory() ? walk(full) : entry.name.endsWith('.ts') ? [fs.readFileSync(full, 'utf8')] : []
  })
const sources = ['underlag', 'bookkeeping'].flatMap((name) => walk(path.join(root, 'packages', name, 'src')))

// ---------------------------------------------------------------- pages

const REGION = /^<!-- generated: (.*) -->$/

/** Commands in the blocks of a page, in order: those whose language is json or jsonl and that are no generated ones. */
export const commandsIn = (markdown) =>
  blocksOf(stripped(markdown))
    .filter(({ language }) => language === 'json' || language === 'jsonl')
    .map(({ language, text }) =>
      language === 'jsonl' ? text.split('\n').map((line) => JSON.parse(line)) : [JSON.parse(text)],
    )
    .filter((found) => found.every((one) => typeof one.type === 'string' && typeof one.commandId === 'string'))

/** The page without what is generated. */
export const stripped = (markdown) => {
  const kept = []
  let inside = false
  for (const line of markdown.split('\n')) {
    if (line === '<!-- end -->') inside = false
    if (!inside) kept.push(line)
    if (REGION.test(line)) inside = true
  }
  return kept.join('\n')
}

/** `{ name, text }` of docs/reference, each with its regions made anew. `commands`: the text of commands.md. */
export const generated = async (pages, commands) => {
  const examples = commandsIn(commands)
  const { answers, refused, warnings, payments, shapes, events } = await world(examples)
  let next = 0
  const region = (name, argument) => {
    switch (name) {
      case 'envelope':
        return envelope()
      case 'fields': {
        const fields = fieldsOf(of(invoicing.commandData[argument]))
        return fields.length === 0 ? 'No data.' : fieldTable(fields)
      }
      case 'outcome':
        return outcome(examples[next], answers[next++], argument === 'whole')
      case 'refusals':
        return refusalTable(refused, argument)
      case 'refusal':
        return refusal(refused, argument)
      case 'failures':
        return failureTable()
      case 'warnings':
        return warningTable(warnings)
      case 'payments':
        return paymentTable(payments)
      case 'conflicts':
        return conflictTable()
      case 'events':
        return eventsOf(events, argument)
      case 'call':
        return call(argument)
      case 'shape':
        return json(shapes[argument])
      case 'declaration':
        return declaration(argument)
      case 'view':
        return table(['Field', 'Is a', 'Says'], viewRows(viewShape))
      case 'texts':
        return table(
          ['Text', 'Stands for', 'Can be set'],
          Object.entries(TEXT_LABELS).map(([label, about]) => [
            `\`${label}\``,
            about,
            THEME_LABELS.includes(label) ? '' : 'no: the law’s word',
          ]),
        )
      case 'config':
        return argument === undefined ? fieldTable(fieldsOf(of(UnderlagConfig))) : providerTable(argument)
      default:
        throw new Error(`there is no region ${name}`)
    }
  }
  return pages.map((page) => ({
    ...page,
    text: stripped(page.text)
      .split('\n')
      .flatMap((line) => {
        const [, words] = REGION.exec(line) ?? []
        return words === undefined ? [line] : [line, '', region(...words.split(' ')), '']
      })
      .join('\n'),
  }))
}

/** What the reference must have a heading for, by page; the tags are those that the sources of the domain and the facade name. */
export const covered = {
  commands: invoicing.commandTypes,
  events: [...new Set([...invoicing.codecs.values()].flatMap(({ types }) => types))],
  cli: Object.keys(calls),
  refusals: [
    ...new Set(
      [...sources, ...walk(path.join(root, 'packages', 'invoicing', 'src'))].flatMap((text) =>
        [...text.matchAll(/_tag: '([A-Z]\w+)'/g)].map(([, tag]) => tag),
      ),
    ),
  ],
  facade: [
    ...fs
      .readFileSync(path.join(root, 'packages', 'underlag', 'src', 'index.ts'), 'utf8')
      .matchAll(/\b(\w+)(?=,? ?\n?\}? from|,)/g),
  ].map(([, name]) => name),
}
