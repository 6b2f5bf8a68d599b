import { problems } from '@underlag/kernel'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { LetterConfig, letterChannel, letterSettings } from '../../src/letter/index.js'
import { ORGANISATION } from '../../src/testing/pingen-server.js'
import { oneRowALine, settingsOf } from './support/letters.js'

const Config = suite('letter: the configuration')

const pingen = { provider: 'pingen', organisationId: ORGANISATION, clientId: 'id', clientSecret: { env: 'PINGEN' } }
const ekopost = { provider: 'ekopost', apiKey: { env: 'EKOPOST' } }
const FINGERPRINT = `SHA256:${'aB3+/'.repeat(8)}abc`
const sftp = {
  provider: 'sftp',
  host: 'sftp.tryckeriet.se',
  username: 'klinik',
  password: { env: 'SFTP' },
  hostKey: FINGERPRINT,
}
const env = { PINGEN: 'hemligt', EKOPOST: 'nyckel', SFTP: 'lösen' }
const retry = { attempts: 20, firstDelayMs: 30_000, maxDelayMs: 3_600_000 }

const wrong = (config: unknown): string => {
  const decoded = LetterConfig.decode(config)
  return E.isLeft(decoded) ? problems(decoded.left).join('; ') : ''
}

const unusable = (config: unknown, given: Record<string, string> = env): string => {
  const decoded = LetterConfig.decode(config)
  if (E.isLeft(decoded)) throw new Error(problems(decoded.left).join('; '))
  const settings = letterSettings(given)(decoded.right)
  return E.isLeft(settings) ? settings.left.detail : ''
}

Config('the smallest of each, with everything else at its default', () => {
  assert.equal(settingsOf(pingen, env), {
    provider: 'pingen',
    retry,
    timeoutMs: 120_000,
    rate: { atOnce: 4, perMinute: 60 },
    apiUrl: 'https://api.pingen.com',
    identityUrl: 'https://identity.pingen.com',
    organisationId: ORGANISATION,
    clientId: 'id',
    clientSecret: 'hemligt',
    deliveryProduct: 'cheap',
    printMode: 'simplex',
    printSpectrum: 'grayscale',
    autoSend: true,
    metaData: false,
  })
  assert.equal(settingsOf(ekopost, env), {
    provider: 'ekopost',
    retry,
    timeoutMs: 120_000,
    rate: { atOnce: 2, perMinute: 60 },
    countries: ['SE'],
    apiUrl: 'https://api.ekopost.se',
    apiKey: 'nyckel',
    postage: 'economy',
    plex: 'simplex',
    color: false,
    coverPage: 'whenNeeded',
  })
  assert.equal(settingsOf(sftp, env), {
    provider: 'sftp',
    retry,
    timeoutMs: 120_000,
    rate: { atOnce: 2 },
    countries: ['SE'],
    host: 'sftp.tryckeriet.se',
    port: 22,
    username: 'klinik',
    password: 'lösen',
    hostKeys: [FINGERPRINT],
    folder: '.',
    addressPosition: 'right',
    options: {},
  })
})

Config('what is set is what holds', () => {
  const staging = settingsOf({ ...pingen, environment: 'staging', deliveryProduct: 'registered' }, env)
  assert.is(staging.provider === 'pingen' && staging.apiUrl, 'https://api-staging.pingen.com')
  assert.is(staging.provider === 'pingen' && staging.identityUrl, 'https://identity-staging.pingen.com')
  assert.is(staging.provider === 'pingen' && staging.metaData, true)
  const patient = settingsOf({ ...ekopost, retry: { attempts: 3 }, countries: ['SE', 'DK'], timeoutMs: 5_000 }, env)
  assert.equal([patient.retry.attempts, patient.retry.firstDelayMs, patient.timeoutMs], [3, 30_000, 5_000])
  assert.equal(patient.countries, ['SE', 'DK'])
})

Config('a channel of each, by its own word for what a crash cut off', () => {
  const after = [pingen, ekopost, sftp].map((config) => {
    const { name, afterCrash } = letterChannel(settingsOf(config, env), oneRowALine)
    return `${name} ${afterCrash}`
  })
  assert.equal(after, ['letter resend', 'letter resend', 'letter hold'])
})

Config('problems are of the provider that is named', () => {
  assert.match(wrong({}), /^provider must be one of pingen, ekopost, sftp \(got missing\)$/)
  assert.match(wrong({ provider: 'posten' }), /^provider must be one of pingen, ekopost, sftp \(got "posten"\)$/)
  assert.match(wrong('pingen'), /must be an object/)
  assert.match(wrong([]), /must be an object/)
  assert.match(wrong({ provider: 'pingen' }), /^organisationId must be a UUID \(got missing\); clientId.*clientSecret/)
  assert.match(wrong({ ...pingen, apiKey: 'x' }), /^apiKey must be left out/)
  assert.match(wrong({ ...pingen, deliveryProduct: 'slow' }), /^deliveryProduct must be one of cheap, fast/)
  assert.match(wrong({ ...ekopost, countries: ['Sverige'] }), /^countries\.0 must be a country/)
  assert.match(
    wrong({ ...ekopost, countries: 'SE' }),
    /^countries must be a list, each a country as two capital letters/,
  )
  assert.match(wrong({ ...ekopost, retry: { atempts: 1 } }), /^retry\.atempts must be left out/)
  assert.match(wrong({ ...sftp, hostKey: 'AAAAC3Nza' }), /^hostKey must be a fingerprint/)
  assert.match(wrong({ ...sftp, hostKey: [] }), /^hostKey must be a fingerprint/)
  const { hostKey, ...trusting } = sftp
  assert.match(wrong(trusting), /^hostKey must be a fingerprint.*missing/)
  assert.is(wrong({ ...sftp, hostKey: [hostKey, `${FINGERPRINT}=`] }), '')
  assert.match(wrong({ ...sftp, options: { product: 1 } }), /^options must be an object of texts/)
})

Config('nothing goes over a network unencrypted', () => {
  const urls = (url: string): string => wrong({ ...pingen, apiUrl: url }) + wrong({ ...ekopost, apiUrl: url })
  for (const url of [
    'http://api.sandbox.ekopost.se',
    'http://127.0.0.1.evil.se',
    'http://10.0.0.1',
    'ftp://x.se',
    'https://a:b@api.pingen.com',
    'https://api.pingen.com/?x',
    'api.pingen.com',
  ])
    assert.match(urls(url), /^apiUrl must be an address that begins with https:.*apiUrl must be/, url)
  for (const url of [
    'https://api-staging.pingen.com/',
    'http://127.0.0.1:8080',
    'http://localhost:1',
    'http://[::1]:1',
  ])
    assert.is(urls(url), '', url)
})

Config('secrets that are missing are named, and none is ever shown', () => {
  assert.match(unusable(pingen, {}), 'letter.clientSecret is read from the environment variable PINGEN')
  assert.match(unusable({ ...pingen, webhookSecret: { env: 'HOOK' } }), /letter\.webhookSecret.*HOOK/)
  assert.match(unusable(ekopost, { EKOPOST: '' }), /letter\.apiKey.*EKOPOST/)
  assert.match(unusable({ ...sftp, passphrase: { env: 'PHRASE' } }), /letter\.passphrase.*PHRASE/)
  const { password, ...bare } = sftp
  assert.match(unusable(bare), 'needs password or privateKey')
  assert.match(unusable({ ...bare, privateKey: password }), 'letter.privateKey is no private key')
  assert.not.match(unusable({ ...bare, privateKey: password }), 'lösen')
  assert.not.match(wrong({ ...ekopost, apiKey: 17_293_847 }), '17293847')
})
