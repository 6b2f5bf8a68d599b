import { Refined } from '@underlag/kernel'

/** Encrypted, or to this very machine, where nothing crosses a network. Everything sent is personal data or a secret. */
export const isSafeUrl = (value: string): boolean => {
  if (!URL.canParse(value)) return false
  const { protocol, hostname, username, password } = new URL(value)
  if (username !== '' || password !== '') return false
  return (
    protocol === 'https:' ||
    (protocol === 'http:' && /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/i.test(hostname))
  )
}

/** The base of a counterpart's API. A slash at the end makes no difference. */
export const ApiUrl = new Refined(
  'an address that begins with https:// (or http:// to this very machine)',
  (u): u is string => typeof u === 'string' && isSafeUrl(u) && !/[?#\s]/.test(u),
)

/** `base` and the parts, each escaped, with one slash between. */
export const joinUrl = (base: string, ...parts: ReadonlyArray<string>): string =>
  [base.replace(/\/+$/, ''), ...parts.map(encodeURIComponent)].join('/')
