import * as E from 'fp-ts/lib/Either.js'
import { field, jsonOf, plainWord } from '../../http/json.js'
import type { AskFailure } from '../access-point.js'
import { type Participant, participantText } from '../peppol.js'
import type { InExchangeApi } from './api.js'

/**
 * InExchange's own id of a recipient; `undefined`: nobody with this address takes e-invoices. What InExchange thinks is a hit is
 * not believed unless the address is the same, and of several nobody is guessed.
 */
export const recipientOf = async (
  api: InExchangeApi,
  participant: Participant,
  signal: AbortSignal,
): Promise<E.Either<AskFailure, string | undefined>> => {
  const answer = await api.ask(
    'lookup',
    {
      path: ['buyerparties', 'lookup'],
      json: {
        partyId: '1',
        peppolParticipantIdentifier: participantText(participant),
        ...(participant.scheme === '0007' ? { orgNo: participant.id } : {}),
        ...(participant.scheme === '0088' ? { gln: participant.id } : {}),
      },
    },
    signal,
  )
  if (E.isLeft(answer)) return answer
  const parties = field(jsonOf(answer.right), 'parties')
  if (!Array.isArray(parties)) return E.left({ _tag: 'retryable', detail: 'lookup: an answer that says nothing' })

  const taking = parties.filter(
    (party) => field(party, 'receiveElectronicInvoiceCapability') === 'ReceivingElectronicInvoices',
  )
  const byAddress = idsOf(taking.filter((party) => hasAddress(party, participant)))
  const ids = byAddress.length > 0 ? byAddress : idsOf(taking.filter((party) => hasNumber(party, participant)))
  return ids.length > 1
    ? E.left({ _tag: 'rejected', detail: 'lookup: several recipients have this address' })
    : E.right(ids[0])
}

const idsOf = (parties: ReadonlyArray<unknown>): ReadonlyArray<string> => [
  ...new Set(parties.map((party) => plainWord(field(party, 'companyId'))).filter((id) => id !== undefined)),
]

const hasAddress = (party: unknown, participant: Participant): boolean => {
  const identifiers = field(party, 'peppolParticipantIdentifiers')
  return (
    Array.isArray(identifiers) &&
    identifiers.some((id) => typeof id === 'string' && id.toLowerCase() === participantText(participant).toLowerCase())
  )
}

const hasNumber = (party: unknown, { scheme, id }: Participant): boolean => {
  const number = scheme === '0007' ? field(party, 'orgNo') : scheme === '0088' ? field(party, 'gln') : undefined
  return typeof number === 'string' && number.replace(/\D/g, '') === id
}
