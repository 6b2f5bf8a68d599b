import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { Answer } from '../../src/index.js'
import { type Ran, type RunOptions, runCli } from './cli.js'
import { command } from './clinic.js'
import { address, anna, care, kr, onDay, clinic as seller } from './samples.js'
import { temporaryFolder } from './stores.js'

export interface Desk {
  readonly folder: string
  readonly path: string
  readonly run: (args: ReadonlyArray<string>, options?: RunOptions) => Promise<Ran>
  /** What a call answers with --json. */
  readonly json: <A>(args: ReadonlyArray<string>, options?: RunOptions) => Promise<A>
  readonly execute: (...commands: ReadonlyArray<object>) => Promise<ReadonlyArray<Answer>>
}

export const lines = (text: string): ReadonlyArray<string> => text.split('\n').slice(0, -1)
export const jsonLines = <A>(text: string): ReadonlyArray<A> => lines(text).map((line) => JSON.parse(line) as A)

export const atDesk = (test: (desk: Desk) => Promise<void>) => async (): Promise<void> => {
  const folder = await temporaryFolder()
  const path = join(folder, 'clinic.db')
  const run: Desk['run'] = (args, options = {}) =>
    runCli([...args, '--store', `sqlite:${path}`], { cwd: folder, ...options })
  try {
    await test({
      folder,
      path,
      run,
      json: async (args, options) => {
        const { out, code, err } = await run([...args, '--json'], options)
        assert.is(code, 0, err)
        assert.is(lines(out).length, 1, 'one JSON document')
        return JSON.parse(out)
      },
      execute: async (...commands) => {
        const input = commands.map((one) => `${JSON.stringify(one)}\n`).join('')
        const { out, code, err } = await run(['execute'], { input })
        assert.is(code, 0, `${err}${out}`)
        return jsonLines(out)
      },
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** One line for a person, and nothing else. */
export const oneLine = ({ out, err }: Ran, says: RegExp): void => {
  assert.is(out, '')
  assert.is(lines(err).length, 1, err)
  assert.match(err, says)
  assert.not.match(err, /\bat .*:\d+:\d+/)
}

export const secret = /Andersson|anna@example|811218/

/** A clinic with a client who has two bookings. */
export const opening = [
  command('ActivateInvoicing', {}),
  command('SetSeller', seller),
  command('SetTreatmentTypePrice', { treatmentTypeId: 'therapy', name: 'Samtal', price: kr(1200), vat: care }),
  command('RegisterClient', { clientId: 'anna', name: 'Anna Andersson', email: 'anna@example.se', address }),
  command('RecordBooking', { bookingId: 'b1', clientId: 'anna', treatmentTypeId: 'therapy', startsAt: onDay(2) }),
  command('RecordBooking', { bookingId: 'b2', clientId: 'anna', treatmentTypeId: 'therapy', startsAt: onDay(3) }),
]
export const register = (more: object = {}): object =>
  command('RegisterInvoice', { payer: anna, delivery: 'none', ...more } as never)
