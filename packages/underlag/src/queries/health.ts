import type { Position } from '@underlag/kernel'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Following, Ports } from '../ports.js'
import { type Operation, projections, type Runtime } from '../runtime.js'

/** How one tenant's store is. */
export interface Health {
  /** Position of the log's last event. */
  readonly end: Position
  /** How far each read model on this machine has seen the log. Each query brings those that it needs to the end. */
  readonly readModels: ReadonlyArray<{ readonly name: string; readonly position: Position }>
  /** How the log is followed, where it is on a server. */
  readonly following?: Following
}

/** Looks, and brings nothing up to date. */
export const health = ({ store, readModels }: Runtime, { following }: Ports): Operation<Health> =>
  pipe(
    TE.Do,
    TE.bindW('end', () => store.end),
    TE.bindW('readModels', () =>
      TE.sequenceSeqArray(
        projections.map(({ table }) =>
          pipe(
            readModels.checkpoint(table),
            TE.map((position) => ({ name: table.name, position })),
          ),
        ),
      ),
    ),
    TE.chainW((seen) =>
      following === undefined
        ? TE.right(seen)
        : pipe(
            following,
            TE.map((found) => ({ ...seen, following: found })),
          ),
    ),
  )
