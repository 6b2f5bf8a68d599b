import { createHash } from 'node:crypto'

/** The ids of one intent's parts with Ekopost: always the same, so that a repeated step meets what the first one made. */
export interface EkopostIds {
  readonly campaign: string
  readonly envelope: string
  readonly content: string
}

/** The campaign has the idempotency key itself, which is what a person looks for. */
export const ekopostIds = (idempotencyKey: string): EkopostIds => ({
  campaign: idempotencyKey,
  envelope: derived(idempotencyKey, 'envelope'),
  content: derived(idempotencyKey, 'content'),
})

/** A UUID of version 5's form. */
const derived = (key: string, part: string): string => {
  const bytes = createHash('sha1').update(`${key}\n${part}`).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
