import { Refined, record, text } from '@underlag/kernel'
import type * as t from 'io-ts'
import { isSafeUrl } from './safe-url.js'

/** The section `communication` of the configuration file, as a person writes it. */
export interface CommunicationConfig {
  /**
   * Where documents are read, behind the host's login: the link's token is put right after it, as in
   * `https://portal.klinik.se/fakturor/`. It begins with https://, except on this very machine.
   */
  readonly documentsUrl: string
  /** The embedded inbox and the links' tokens. Default: a file beside the store. */
  readonly inbox?: { readonly file: string }
  readonly retry?: { readonly attempts?: number; readonly firstDelayMs?: number; readonly maxDelayMs?: number }
  /** Longest time one attempt may take. Default 10 000. */
  readonly timeoutMs?: number
}

const whole = (remedy: string, least: number, most: number): Refined<number> =>
  new Refined(remedy, (u): u is number => Number.isInteger(u) && (u as number) >= least && (u as number) <= most)

/** Strict: an unknown field is a problem. There is no secret in it. */
export const CommunicationConfig: t.Type<CommunicationConfig, unknown, unknown> = record(
  {
    documentsUrl: text(
      'an address that begins with https:// and ends with / or =, such as https://portal.klinik.se/fakturor/',
      /^[^\s<>"'#@\\]{1,500}[/=]$/,
      isSafeUrl,
    ),
  },
  {
    inbox: record({ file: text('the path of a file', /^.+$/) }),
    retry: record(
      {},
      {
        attempts: whole('a whole number from 1 to 100', 1, 100),
        firstDelayMs: whole('a whole number of milliseconds', 0, 86_400_000),
        maxDelayMs: whole('a whole number of milliseconds', 0, 604_800_000),
      },
    ),
    timeoutMs: whole('a whole number of milliseconds from 100 to 600 000', 100, 600_000),
  },
)
