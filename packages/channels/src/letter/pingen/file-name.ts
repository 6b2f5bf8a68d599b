/**
 * The name a document has with Pingen: the invoice's, and the idempotency key. Pingen gives it back with every webhook, so
 * that what became of a letter is known also where the answer to its creation was lost.
 */
export const pingenFileName = (fileName: string, idempotencyKey: string): string => {
  const base = fileName
    .replace(/\.pdf$/i, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .slice(0, 60)
  return `${base}.${idempotencyKey}.pdf`
}

/** The idempotency key in a name made by `pingenFileName`; `undefined` in any other. */
export const keyInFileName = (name: unknown): string | undefined =>
  typeof name === 'string'
    ? /\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.pdf$/.exec(name)?.[1]
    : undefined
