import type { ShipmentFailure } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'

type Failed = E.Either<ShipmentFailure, never>
type Retry = Extract<ShipmentFailure, { _tag: 'retry' }>

/** Not sent, and the same may go well later. */
export const retry = (detail: string, notBefore?: string): Failed =>
  E.left({ _tag: 'retry', detail, ...(notBefore === undefined ? {} : { notBefore }) })

/** It may have been taken, and trying again is safe. */
export const unsure = (detail: string): E.Either<Retry, never> => E.left({ _tag: 'retry', detail, unsure: true })

export const refused = (detail: string): Failed => E.left({ _tag: 'refused', detail })

export const inDoubt = (detail: string): Failed => E.left({ _tag: 'inDoubt', detail })
