import type { Channel } from '@underlag/invoicing'
import { channelOf, type LetterAdapter } from './adapter.js'
import { ekopostAdapter } from './ekopost/adapter.js'
import { ekopostZones } from './ekopost/zones.js'
import { pingenAdapter } from './pingen/adapter.js'
import { pingenZones } from './pingen/zones.js'
import type { LetterSettings } from './settings.js'
import { sftpAdapter } from './sftp/adapter.js'
import { sftpZones } from './sftp/zones.js'
import type { LetterZones } from './zones.js'

/** Invoices on paper, by the provider that the settings name. */
export const letterChannel = (settings: LetterSettings): Channel => channelOf(adapterOf(settings), settings)

const adapterOf = (settings: LetterSettings): LetterAdapter => {
  switch (settings.provider) {
    case 'pingen':
      return pingenAdapter(settings)
    case 'ekopost':
      return ekopostAdapter(settings)
    case 'sftp':
      return sftpAdapter(settings)
  }
}

/** Where the provider wants the address, and where nothing. The documents are to be made with its `addressPosition`. */
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
