import type { Json, Projection, RecordedEvent } from '@underlag/kernel'
import { LEDGER_STREAM, type LedgerFact, ledgerFact } from './ledger.js'

/** Events of the ledger side by side, as much of each as its fold looks at. */
export interface LedgerChunk {
  readonly facts: ReadonlyArray<LedgerFact>
  /** Which command made them: its id, how many of them in a row, and its fingerprint. */
  readonly commands: ReadonlyArray<readonly [commandId: string, count: number, fingerprint: string | null]>
  /** Id of the last of them. */
  readonly last: string
}

/** Of a chunk: large enough that a long ledger is few documents, small enough that one more invoice rewrites little. */
const EVENTS = 256n

const evolve = (chunk: LedgerChunk | undefined, { id, type, data, metadata }: RecordedEvent): LedgerChunk => {
  const { commandId, fingerprint = null } = metadata
  const commands = chunk?.commands ?? []
  const before = commands.at(-1)
  return {
    facts: [...(chunk?.facts ?? []), ledgerFact(type, data)],
    commands:
      before?.[0] === commandId
        ? [...commands.slice(0, -1), [commandId, before[1] + 1, before[2]]]
        : [...commands, [commandId, 1, fingerprint]],
    last: id,
  }
}

/**
 * The ledger without what its fold passes by, from the first event on: a tenth of its bytes. A program that starts folds these and
 * then reads what came after; the stream itself goes on guarding every number and claim.
 */
export const ledgerView: Projection = {
  table: { name: 'ledger', version: 1 },
  keys: ({ stream, revision }) => (stream === LEDGER_STREAM ? [String(revision / EVENTS).padStart(12, '0')] : []),
  evolve: evolve as unknown as Projection['evolve'],
  terms: () => [],
}

/** Chunks by key order as one, up to the first that does not follow on the one before: others were written while they were read. */
export const joinedChunks = (documents: Iterable<readonly [string, Json]>): LedgerChunk | undefined => {
  const facts: Array<LedgerFact> = []
  const commands: Array<LedgerChunk['commands'][number]> = []
  let last: string | undefined
  for (const [key, document] of documents) {
    if (BigInt(key) * EVENTS !== BigInt(facts.length)) break
    const chunk = document as unknown as LedgerChunk
    for (const fact of chunk.facts) facts.push(fact)
    for (const command of chunk.commands) commands.push(command)
    last = chunk.last
  }
  return last === undefined ? undefined : { facts, commands, last }
}
