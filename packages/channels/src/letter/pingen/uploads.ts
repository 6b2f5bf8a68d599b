/** A document that lies with Pingen, waiting to become a letter. */
export interface PingenUpload {
  readonly url: string
  readonly signature: string
  /** When Pingen forgets it, in milliseconds since 1970. */
  readonly expiresAt: number
}

/** Uploads whose letter was not answered for yet, by idempotency key. */
export interface PingenUploads {
  readonly get: (key: string) => PingenUpload | undefined
  readonly put: (key: string, upload: PingenUpload) => void
  readonly drop: (key: string) => void
}

/** Enough for every letter that may be waiting for its next attempt; beyond that the oldest are simply uploaded again. */
const MOST = 1_000
/** So long before its end an upload is not used any more. */
const MARGIN_MS = 60_000

/**
 * A repeat of a letter is to be the same request to the letter: what is uploaded anew has another address, and a provider
 * may take the same idempotency key with another content for a mistake.
 */
export const pingenUploads = (): PingenUploads => {
  const kept = new Map<string, PingenUpload>()
  return {
    get: (key) => {
      const upload = kept.get(key)
      return upload !== undefined && Date.now() < upload.expiresAt - MARGIN_MS ? upload : undefined
    },
    put: (key, upload) => {
      kept.delete(key)
      kept.set(key, upload)
      const [oldest] = kept.keys()
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest)
    },
    drop: (key) => {
      kept.delete(key)
    },
  }
}
