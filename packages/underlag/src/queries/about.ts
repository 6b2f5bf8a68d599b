import { auditView } from '@underlag/invoicing'
import type { Position, RecordedEvent } from '@underlag/kernel'
import * as E from 'fp-ts/lib/Either.js'
import { type Operation, type Runtime, sync } from '../runtime.js'

/** The events that speak of one of these ids, all or those before a position, oldest first; found by the index of the audit trail. */
export const eventsAbout =
  (runtime: Runtime, ids: ReadonlyArray<string>, before?: Position): Operation<ReadonlyArray<RecordedEvent>> =>
  async () => {
    const synced = await sync(runtime, [auditView])()
    if (E.isLeft(synced)) return synced
    const positions = new Set<bigint>()
    for (const id of new Set(ids)) {
      const keys = await runtime.readModels.keys(auditView.table, 'about', id)()
      if (E.isLeft(keys)) return keys
      for (const key of keys.right) positions.add(BigInt(key))
    }
    const wanted = [...positions]
      .filter((position) => before === undefined || position < before)
      .sort((a, b) => (a < b ? -1 : 1))
    return runtime.store.readAt(wanted)()
  }
