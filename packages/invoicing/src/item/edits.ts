import { canonicalJson, record, text } from '@underlag/kernel'
import * as t from 'io-ts'
import { ItemId } from '../ledger/invoice.js'
import { Percent, Quantity } from '../values/decimal.js'
import { Id } from '../values/identifiers.js'
import { Price } from '../values/money.js'
import { Vat } from '../values/vat.js'

/** What a person changed of a line before it was invoiced; laid over the source, so that neither replay nor a later fact undoes it. */
export interface LineChange {
  readonly price?: Price | null
  readonly vat?: Vat | null
  readonly quantity?: Quantity | null
  readonly description?: string | null
  readonly discountPercent?: Percent | null
}

/** Which item an edit is of, and whose visit: read models find the visit by it. */
export interface EditedItem {
  readonly itemId: ItemId
  readonly bookingId?: Id
  /** Whom the item is about: a description is sealed for that person. */
  readonly subject: string
}

// Events. Names and shapes are stored: another shape is another version.
export type EditEvent =
  | { readonly type: 'LineChanged'; readonly data: EditedItem & LineChange }
  | { readonly type: 'ItemExcluded'; readonly data: EditedItem }
  | { readonly type: 'ItemIncluded'; readonly data: EditedItem }

const orNull = <A>(codec: t.Type<A, unknown, unknown>): t.Type<A | null, unknown, unknown> => t.union([codec, t.null])
const Text = text('text', /^[\s\S]*$/, undefined, true)
const item = { itemId: ItemId, subject: Text }

/** Codecs of the edit events, for the codecs of the streams that hold them. */
export const editCodecs = {
  LineChanged: record(item, {
    bookingId: Id,
    price: orNull(Price),
    vat: orNull<Vat>(Vat),
    quantity: orNull(Quantity),
    description: orNull(Text),
    discountPercent: orNull(Percent),
  }),
  ItemExcluded: record(item, { bookingId: Id }),
  ItemIncluded: record(item, { bookingId: Id }),
}

/** The edits that stand; `{ excluded: false }`: none. */
export interface Edits {
  readonly price?: Price
  readonly vat?: Vat
  readonly quantity?: Quantity
  readonly description?: string
  readonly discountPercent?: Percent
  readonly excluded: boolean
}

export const noEdits: Edits = { excluded: false }

export const isEdited = ({ excluded: _, ...changes }: Edits): boolean => Object.keys(changes).length > 0

export const evolveEdits = (edits: Edits, event: EditEvent): Edits => {
  switch (event.type) {
    case 'LineChanged': {
      const { itemId: _, bookingId: __, subject: ___, ...change } = event.data
      const next: Record<string, unknown> = { ...edits }
      for (const [field, value] of Object.entries(change)) {
        if (value === null) delete next[field]
        else next[field] = value
      }
      return next as unknown as Edits
    }
    case 'ItemExcluded':
      return { ...edits, excluded: true }
    case 'ItemIncluded':
      return { ...edits, excluded: false }
  }
}

export const isEdit = (event: { readonly type: string }): event is EditEvent => Object.hasOwn(editCodecs, event.type)

export type EditRefusal =
  | { readonly _tag: 'UnknownItem'; readonly items: ReadonlyArray<ItemId> }
  | { readonly _tag: 'AlreadyInvoiced'; readonly items: ReadonlyArray<ItemId>; readonly invoiceNumber: string }

export type EditCommand =
  | { readonly type: 'ChangeLine'; readonly data: LineChange & { readonly itemId: ItemId } }
  | { readonly type: 'ExcludeItem'; readonly data: { readonly itemId: ItemId } }
  | { readonly type: 'IncludeItem'; readonly data: { readonly itemId: ItemId } }

/** The edit events that a command comes to; none where it would change nothing. */
export const decideEdit = (command: EditCommand, item: EditedItem, edits: Edits): ReadonlyArray<EditEvent> => {
  switch (command.type) {
    case 'ChangeLine': {
      const { itemId: _, ...change } = command.data
      const standing: Readonly<Record<string, unknown>> = { ...edits }
      const changes = Object.entries(change).filter(
        ([field, value]) => value !== undefined && canonicalJson(standing[field] ?? null) !== canonicalJson(value),
      )
      return changes.length === 0 ? [] : [{ type: 'LineChanged', data: { ...item, ...Object.fromEntries(changes) } }]
    }
    case 'ExcludeItem':
      return edits.excluded ? [] : [{ type: 'ItemExcluded', data: item }]
    case 'IncludeItem':
      return edits.excluded ? [{ type: 'ItemIncluded', data: item }] : []
  }
}

/** The personal field of an edit: its description. One taken back (`null`) says nothing of anybody, and must be seen without a key. */
export const editPersonal = (event: EditEvent) =>
  event.type === 'LineChanged' && typeof event.data.description === 'string'
    ? [{ subject: event.data.subject, purpose: 'care' as const, pointers: ['/description'] }]
    : []
