import type { PdfRenderer } from '@underlag/documents'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  type Accepted,
  type Answer,
  type Command,
  type CommandData,
  type CommandType,
  type Operation,
  openUnderlag,
  type Refusal,
  type Underlag,
  type UnderlagOptions,
} from '../../src/index.js'
import { address, care, kr, clinic as seller, vat25 } from './samples.js'
import type { Place, StoreKind } from './stores.js'

export interface Envelope {
  readonly commandId?: string
  readonly actor?: string
  readonly at?: string
}

/** A clinic's library in a test: a clock that stands still until it is moved, and short words for sending commands. */
export interface Clinic {
  readonly underlag: Underlag
  readonly place: Place
  readonly tenant: string
  readonly clock: { now: string }
  /** Every command that was sent, in order. */
  readonly sent: ReadonlyArray<Command>
  readonly send: <T extends CommandType>(type: T, data: CommandData[T], envelope?: Envelope) => Promise<Answer>
  readonly accept: <T extends CommandType>(type: T, data: CommandData[T], envelope?: Envelope) => Promise<Accepted>
  readonly refuse: <T extends CommandType>(type: T, data: CommandData[T], envelope?: Envelope) => Promise<Refusal>
  /** Another opening of the same store, as of another process. */
  readonly open: (options?: Partial<UnderlagOptions>) => Promise<Clinic>
  readonly close: () => Promise<void>
}

export const right = async <A>(operation: Operation<A>): Promise<A> => {
  const done = await operation()
  if (E.isLeft(done)) throw new Error(`could not be done: ${JSON.stringify(done.left)}`)
  return done.right
}

/** Prints nothing, quickly: a few bytes that differ per invoice and are the same each time. */
export const quickRenderer: PdfRenderer = {
  render: (document) =>
    TE.right(Buffer.from(`%PDF-1.7\n${'invoiceNumber' in document ? document.invoiceNumber : document.html}\n%%EOF\n`)),
  close: async () => {},
}

let intents = 0

export const command = <T extends CommandType>(
  type: T,
  data: CommandData[T],
  envelope: Envelope = {},
): Extract<Command, { type: T }> => {
  intents += 1
  return { type, commandId: `${type}-${intents}`, ...envelope, data } as unknown as Extract<Command, { type: T }>
}

export const openClinic = async (
  place: Place,
  options: Partial<UnderlagOptions> = {},
  clock = { now: '2026-03-10T10:00:00.000Z' },
): Promise<Clinic> => {
  const tenant = options.tenant ?? 'default'
  const opened = await openUnderlag({
    store: await place.store(tenant),
    clock: () => clock.now,
    renderer: quickRenderer,
    ...options,
    tenant,
  })()
  if (E.isLeft(opened)) throw new Error(JSON.stringify(opened.left))
  const underlag = opened.right
  const sent: Array<Command> = []
  const others: Array<Clinic> = []
  const send: Clinic['send'] = (type, data, envelope) => {
    const whole = command(type, data, envelope)
    sent.push(whole)
    return right(underlag.execute(whole))
  }
  return {
    underlag,
    place,
    tenant,
    clock,
    sent,
    send,
    accept: async (type, data, envelope) => {
      const answer = await send(type, data, envelope)
      if (!answer.ok) throw new Error(`${type} was refused: ${JSON.stringify(answer.refusal)}`)
      return answer
    },
    refuse: async (type, data, envelope) => {
      const answer = await send(type, data, envelope)
      if (answer.ok) throw new Error(`${type} was accepted: ${JSON.stringify(answer.events)}`)
      return answer.refusal
    },
    open: async (more = {}) => {
      const other = await openClinic(place, { ...options, ...more }, clock)
      others.push(other)
      return other
    },
    close: async () => {
      for (const other of others) await other.close()
      await underlag.close()
    },
  }
}

/** The body of a test in a clinic of its own. */
export const inClinic =
  (kind: StoreKind, test: (clinic: Clinic) => Promise<void>, options: Partial<UnderlagOptions> = {}) =>
  async (): Promise<void> => {
    const place = await kind.place()
    try {
      const clinic = await openClinic(place, options)
      try {
        await test(clinic)
      } finally {
        await clinic.close()
      }
    } finally {
      await place.cleanup()
    }
  }

/** Invoicing activated, a seller, prices without VAT in them, two clients and a company. */
export const settled = async ({ accept }: Clinic): Promise<void> => {
  await accept('ActivateInvoicing', {})
  await accept('SetSeller', seller)
  await accept('SetTreatmentTypePrice', { treatmentTypeId: 'therapy', name: 'Samtal', price: kr(1200), vat: care })
  await accept('SetTreatmentTypePrice', { treatmentTypeId: 'massage', name: 'Massage', price: kr(800), vat: vat25 })
  await accept('SetContactTypePrice', { contactTypeId: 'visit', name: 'Besök', price: kr(950), vat: care })
  await accept('RegisterClient', { clientId: 'anna', name: 'Anna Andersson', email: 'anna@example.se' })
  await accept('RegisterClient', { clientId: 'bo', name: 'Bo Berg' })
  await accept('RegisterCompany', {
    companyId: 'acme',
    name: 'Acme AB',
    organisationNumber: '556677-8899',
    address,
    email: 'faktura@acme.example.se',
  })
}
