import {
  documentsContract,
  eventStoreContract,
  keysContract,
  memoryDocuments,
  memoryEventStore,
  memoryKeys,
  memoryLog,
  memoryReadModels,
  readModelsContract,
} from '../src/testing/index.js'

const cleanup = async (): Promise<void> => {}

eventStoreContract('memory', async () => {
  const log = memoryLog()
  return { open: async (tenant) => memoryEventStore(log, tenant), cleanup, histories: 200 }
})

readModelsContract('memory', async () => {
  const tables = new Map()
  return { open: async (tenant) => memoryReadModels(tables, tenant), cleanup, histories: 200 }
})

keysContract('memory', async () => {
  const keys = new Map()
  return { open: async (tenant) => memoryKeys(keys, tenant), cleanup }
})

documentsContract('memory', async () => {
  const documents = new Map()
  return { open: async (tenant) => memoryDocuments(documents, tenant), cleanup }
})
