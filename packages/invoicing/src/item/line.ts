import { type Aggregate, type Decider, eventCodec, record, type StreamName, text } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { Quantity } from '../values/decimal.js'
import { Id } from '../values/identifiers.js'
import { Price } from '../values/money.js'
import { Payer, payerKey } from '../values/party.js'
import { LocalDate } from '../values/time.js'
import { Vat } from '../values/vat.js'
import {
  decideEdit,
  type EditCommand,
  type EditEvent,
  type EditRefusal,
  type Edits,
  editCodecs,
  editPersonal,
  evolveEdits,
  isEdit,
  noEdits,
} from './edits.js'

/** A line that a person added to a payer's underlag by hand. `description` is absent once its person was erased. */
export interface LineFacts {
  readonly lineId: Id
  readonly payer: Payer
  readonly clientId?: Id
  readonly date: LocalDate
  readonly description?: string
  readonly quantity: Quantity
  readonly price: Price
  readonly vat: Vat
}

// Events. Names and shapes are stored: another shape is another version.
export type LineEvent =
  | { readonly type: 'LineAdded'; readonly data: LineFacts }
  | { readonly type: 'LineRemoved'; readonly data: { readonly lineId: Id } }
  | EditEvent

/** Whom a line is about: its client, else its payer. */
export const lineSubject = (line: Pick<LineFacts, 'clientId' | 'payer'>): string =>
  line.clientId === undefined ? payerKey(line.payer) : `client:${line.clientId}`

export const lineCodec = eventCodec<LineEvent>(
  {
    LineAdded: record(
      { lineId: Id, payer: Payer, date: LocalDate, quantity: Quantity, price: Price, vat: Vat },
      { clientId: Id, description: text('text', /^[\s\S]*$/, undefined, true) },
    ),
    LineRemoved: record({ lineId: Id }),
    ...editCodecs,
  },
  (event) =>
    isEdit(event)
      ? editPersonal(event)
      : event.type === 'LineAdded'
        ? [{ subject: lineSubject(event.data), purpose: 'care', pointers: ['/description'] }]
        : [],
)

/** `null`: not added. A removed line's id stays taken. */
export interface Line extends LineFacts {
  readonly removed: boolean
  readonly edits: Edits
}
type State = Line | null

const evolve = (line: State, event: LineEvent): State => {
  if (event.type === 'LineAdded') return { ...event.data, removed: false, edits: noEdits }
  if (line === null) return null
  return event.type === 'LineRemoved' ? { ...line, removed: true } : { ...line, edits: evolveEdits(line.edits, event) }
}

export type LineRefusal = { readonly _tag: 'LineExists'; readonly lineId: Id } | EditRefusal

export type LineCommand =
  | { readonly type: 'AddLine'; readonly data: LineFacts }
  | { readonly type: 'RemoveLine'; readonly data: { readonly lineId: Id } }
  | EditCommand

const decide =
  (command: LineCommand) =>
  (line: State): E.Either<LineRefusal, ReadonlyArray<LineEvent>> => {
    switch (command.type) {
      case 'AddLine':
        return line === null
          ? E.right([{ type: 'LineAdded', data: command.data }])
          : E.left({ _tag: 'LineExists', lineId: line.lineId })
      case 'RemoveLine': {
        const { lineId } = command.data
        if (line === null) return E.left({ _tag: 'UnknownItem', items: [`line:${lineId}`] })
        return E.right(line.removed ? [] : [{ type: 'LineRemoved', data: { lineId } }])
      }
      default: {
        const { itemId } = command.data
        if (line === null) return E.left({ _tag: 'UnknownItem', items: [itemId] })
        return E.right(decideEdit(command, { itemId, subject: lineSubject(line) }, line.edits))
      }
    }
  }

export const lineDecider: Decider<State, LineCommand, LineEvent, LineRefusal> = {
  initial: () => null,
  fold: (line, events) => events.reduce(evolve, line),
  decide,
}

export const line: Aggregate<State, LineCommand, LineEvent, LineRefusal> = {
  decider: lineDecider,
  codec: lineCodec,
  opened: true,
}

export const lineStream = (lineId: Id): StreamName => `line/${lineId}`
