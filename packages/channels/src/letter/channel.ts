import type { Channel } from '@underlag/invoicing'
import { channelOf, type LetterAdapter } from './adapter.js'
import { ekopostAdapter } from './ekopost/adapter.js'
import { ekopostZones } from './ekopost/zones.js'
import { pingenAdapter } from './pingen/adapter.js'
import { pingenZones } from './pingen/zones.js'
import type { AddressRows } from './preflight.js'
import type { LetterSettings } from './settings.js'
import { sftpAdapter } from './sftp/adapter.js'
import { sftpZones } from './sftp/zones.js'
import type { LetterZones } from './zones.js'

/** Invoices on paper, by the provider that the settings name. */
export const letterChannel = (settings: LetterSettings, rows: AddressRows): Channel =>
  channelOf(adapterOf(settings, rows), settings)

const adapterOf = (settings: LetterSettings, rows: AddressRows): LetterAdapter => {
  switch (settings.provider) {
    case 'pingen':
      return pingenAdapter(settings, rows)
    case 'ekopost':
      return ekopostAdapter(settings, rows)
    case 'sftp':
      return sftpAdapter(settings, rows)
  }
}

/** Where the provider wants the address, and where nothing. Documents are to be registered with its `addressPosition`. */
export const letterZones = (settings: LetterSettings): LetterZones => {
  switch (settings.provider) {
    case 'pingen':
      return pingenZones
    case 'ekopost':
      return ekopostZones
    case 'sftp':
      return sftpZones[settings.addressPosition]
  }
}
