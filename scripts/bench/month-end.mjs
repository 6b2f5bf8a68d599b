import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { memoryDocuments, memoryEventStore, memoryKeys, memoryLog, memoryReadModels } from '@underlag/kernel/testing'
import { NO_SERVER, testServer } from '@underlag/store-eventstoredb/testing'
import { dayOf } from '../../examples/month-end/dist/src/calendar.js'
import { monthEnd } from '../../examples/month-end/dist/src/month-end.js'
import { onCluster, placesIn } from '../../examples/month-end/dist/src/places.js'
import { story } from '../../examples/month-end/dist/src/story.js'
import { inTurns } from './measure.mjs'

/** The whole of `npm run demo`, each time on a new store: 300 visits, 33 invoices printed and sent, all proved. */
const once = async (places) => {
  const { verification, mailsAreRight } = await monthEnd(
    places,
    dayOf(new Date()),
    story(
      places,
      places.folder,
      () => {},
      () => {},
    ),
  )
  if (!verification.ok || !mailsAreRight) throw new Error('the month end is not what it must be')
  return 1
}

const onMemory = (places) => {
  const eventStore = memoryEventStore(memoryLog())
  const store = {
    eventStore,
    readModels: memoryReadModels(),
    keys: memoryKeys(),
    documents: memoryDocuments(),
    close: () => eventStore.close(),
  }
  return { ...places, open: { store } }
}

/** On memory and on EventStoreDB, both against SQLite. */
export const monthEnds = async ({ folder, progress }) => {
  const server = await testServer()
  if (server === undefined) progress(`the month end on EventStoreDB is left out: ${NO_SERVER}`)
  let runs = 0
  const fresh = () => placesIn(join(folder, `month-${runs++}`))
  const against = (place) => inTurns({ rounds: 3, ours: () => once(place(fresh())), limit: () => once(fresh()) })
  await once(fresh())
  return [
    await against(onMemory),
    ...(server === undefined
      ? []
      : [await against((places) => onCluster(places, server.connection, `month-${randomUUID().slice(0, 8)}`))]),
  ]
}
