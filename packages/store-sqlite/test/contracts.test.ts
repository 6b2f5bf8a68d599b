import { documentsContract, eventStoreContract, keysContract, readModelsContract } from '@underlag/kernel/testing'
import { fixtureOf } from './temporary-store.js'

eventStoreContract(
  'SQLite',
  fixtureOf((store, tenant) => store.eventStore(tenant)),
)
readModelsContract(
  'SQLite',
  fixtureOf((store, tenant) => store.readModels(tenant)),
)
keysContract(
  'SQLite',
  fixtureOf((store, tenant) => store.keys(tenant)),
)
documentsContract(
  'SQLite',
  fixtureOf((store, tenant) => store.documents(tenant)),
)
