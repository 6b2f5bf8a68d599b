import type { Sent, Shipment, ShipmentFailure } from '@underlag/invoicing'
import * as E from 'fp-ts/lib/Either.js'
import { inDoubt, refused } from '../../failures.js'
import type { LetterAdapter } from '../adapter.js'
import { type AddressRows, letterPreflight, shows } from '../preflight.js'
import { ekopostAddress } from './address.js'
import { type EkopostApi, ekopostApi } from './api.js'
import { ekopostIds } from './ids.js'
import type { EkopostSettings } from './settings.js'
import { ekopostZones } from './zones.js'

/**
 * Letters by Ekopost: a campaign with one envelope with one document, then both are closed, and the last closing sends it.
 *
 * Every part has an id of our making, so every step can be made again: what is there already is met and not made twice. An
 * attempt that was cut off anywhere is simply begun anew, also after a crash.
 *
 * Sources: Ekopost's API documentation (api.ekopost.se) and those who send with it. Not documented, and so met either way: what is
 * answered to an id that is taken, and every word of `state` but `opened`. It has no price.
 */
export const ekopostAdapter = (settings: EkopostSettings, rows: AddressRows): LetterAdapter => {
  const api = ekopostApi(settings)
  return {
    afterCrash: 'resend',
    preflight: letterPreflight(settings.countries, settings.coverPage === 'never' ? ekopostZones : undefined, rows),
    send: (shipment, signal) => send(api, settings, rows, shipment, signal),
    report: (transportId, signal) => () => api.report(transportId, signal),
  }
}

const needsCoverPage = (invoice: Shipment['invoice'], { coverPage }: EkopostSettings, rows: AddressRows): boolean =>
  coverPage === 'always' || (coverPage === 'whenNeeded' && !shows(invoice, ekopostZones, rows))

const send = async (
  api: EkopostApi,
  settings: EkopostSettings,
  rows: AddressRows,
  { idempotencyKey, fileName, pdf, invoice }: Shipment,
  signal: AbortSignal,
): Promise<E.Either<ShipmentFailure, Sent>> => {
  const ids = ekopostIds(idempotencyKey)
  const sent: Sent = { status: 'accepted', detail: `campaign ${ids.campaign}`, transportId: ids.campaign }
  const name = fileName.replace(/\.pdf$/i, '')
  const campaignPath = ['campaigns', ids.campaign]
  const envelopePath = [...campaignPath, 'envelopes', ids.envelope]
  const theCampaign = { path: campaignPath, id: ids.campaign }
  const theEnvelope = { path: envelopePath, id: ids.envelope }

  const campaign = await api.carryOut(
    {
      name: 'campaign',
      path: ['campaigns'],
      body: {
        id: ids.campaign,
        name,
        ...(settings.costCenter === undefined ? {} : { cost_center: settings.costCenter }),
      },
      thing: theCampaign,
      isDone: (state) => state === 'open',
    },
    signal,
  )
  if (E.isLeft(campaign)) return campaign
  switch (campaign.right.state) {
    case 'closed':
      return E.right({ ...sent, detail: `${sent.detail}, closed by an earlier attempt` })
    case 'stopped':
      return refused(`campaign ${ids.campaign} was stopped at Ekopost`)
    case 'unknown':
      return inDoubt(`campaign ${ids.campaign} is there, in a state that is not known`)
    case 'open':
  }

  const envelope = await api.carryOut(
    {
      name: 'envelope',
      path: [...campaignPath, 'envelopes'],
      body: {
        id: ids.envelope,
        name,
        address: ekopostAddress(invoice.buyer, needsCoverPage(invoice, settings, rows)),
        postage: settings.postage,
        plex: settings.plex,
        color: settings.color,
      },
      thing: theEnvelope,
      isDone: (state) => state === 'open',
    },
    signal,
  )
  if (E.isLeft(envelope)) return envelope
  if (envelope.right.state === 'stopped' || envelope.right.state === 'unknown')
    return refused(`the envelope of campaign ${ids.campaign} cannot be used any more`)

  // An envelope is closed only once its document is in it.
  if (envelope.right.state === 'open') {
    const content = await api.carryOut(
      {
        name: 'content',
        path: [...envelopePath, 'content'],
        body: {
          id: ids.content,
          mime: 'application/pdf',
          length: pdf.length,
          type: 'document',
          data: Buffer.from(pdf).toString('base64'),
        },
        thing: { path: [...envelopePath, 'content', ids.content], id: ids.content },
        isDone: () => true,
      },
      signal,
    )
    if (E.isLeft(content)) return content
    const closed = await api.carryOut(
      {
        name: 'close envelope',
        path: [...envelopePath, 'close'],
        thing: theEnvelope,
        isDone: (state) => state === 'closed',
      },
      signal,
    )
    if (E.isLeft(closed)) return closed
    if (closed.right.state !== 'closed')
      return refused(`the envelope of campaign ${ids.campaign} cannot be used any more`)
  }

  const posted = await api.carryOut(
    {
      name: 'close campaign',
      path: [...campaignPath, 'close'],
      thing: theCampaign,
      isDone: (state) => state === 'closed',
      posts: true,
    },
    signal,
  )
  if (E.isLeft(posted)) return posted
  return posted.right.state === 'closed'
    ? E.right(sent)
    : inDoubt(`campaign ${ids.campaign} was closed, and is in a state that is not known`)
}
