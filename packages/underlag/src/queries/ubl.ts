import type { UblNotPossible } from '@underlag/documents/ubl'
import { either as E, option as O, taskEither as TE } from 'fp-ts'
import { pipe } from 'fp-ts/lib/function.js'
import type { Operation, Runtime } from '../runtime.js'
import { invoice } from './invoices.js'

/** An invoice or credit note as UBL. A credit note names the invoice it credits by number and date, so that one is looked up too. */
export const ubl = (runtime: Runtime, invoiceNumber: string): Operation<O.Option<E.Either<UblNotPossible, string>>> =>
  pipe(
    invoice(runtime, invoiceNumber),
    TE.chain((found) => {
      if (O.isNone(found)) return TE.right(O.none)
      const { credits } = found.value
      return pipe(
        credits === undefined ? TE.right(O.none) : invoice(runtime, credits),
        TE.chain((original) => async () => {
          // Loaded when one is asked for: most calls never write XML.
          const { invoiceUbl } = await import('@underlag/documents/ubl')
          return E.right(O.some(invoiceUbl(found.value, O.toUndefined(original))))
        }),
      )
    }),
  )
