import type { Invoice } from '@underlag/invoicing'
import type { either as E } from 'fp-ts'

/** Why no UBL document can be made of an invoice: rules and fields, as `invoiceUbl` of `@underlag/documents/ubl` tells them. */
export interface NoUbl {
  readonly reasons: ReadonlyArray<{ readonly rule: string; readonly field: string }>
}

/** Writes an invoice as UBL, the same text at every attempt. */
export type MakeUbl = (invoice: Invoice) => E.Either<NoUbl, string> | Promise<E.Either<NoUbl, string>>
