import { problems } from '@underlag/kernel'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { EInvoiceConfig, type EInvoiceSettings, eInvoiceSettings } from '../../src/e-invoice/index.js'

const Config = suite('e-invoice: the configuration')

const wrong = (config: unknown): string => {
  const decoded = EInvoiceConfig.decode(config)
  return E.isLeft(decoded) ? problems(decoded.left).join('; ') : ''
}

const settled = (
  config: unknown,
  env: Record<string, string> = {},
): ReturnType<ReturnType<typeof eInvoiceSettings>> => {
  const decoded = EInvoiceConfig.decode(config)
  if (E.isLeft(decoded)) throw new Error(problems(decoded.left).join('; '))
  return eInvoiceSettings(env)(decoded.right)
}

const right = (config: unknown, env?: Record<string, string>): EInvoiceSettings => {
  const settings = settled(config, env)
  if (E.isLeft(settings)) throw new Error(settings.left.detail)
  return settings.right
}

const common = {
  retry: { attempts: 14, firstDelayMs: 60_000, maxDelayMs: 28_800_000 },
  timeoutMs: 120_000,
  askAgainAfterMs: [5_000, 10_000, 20_000],
}
const phossAp = { provider: 'phoss-ap', url: 'https://ap.klinik.se', token: { env: 'TOKEN' } }
const storecove = { provider: 'storecove', apiKey: { env: 'TOKEN' }, legalEntityId: 4711 }
const qvalia = { provider: 'qvalia', apiKey: { env: 'TOKEN' }, partner: 'SE5560360793' }

const phase4 = { ...phossAp, provider: 'phase4' }
const inexchange = { provider: 'inexchange', apiKey: { env: 'TOKEN' }, erpId: 'klinik-1' }

Config('the smallest ones, with everything else at its default', () => {
  const env = { TOKEN: 'hemligt' }
  const own = { ...common, rate: { atOnce: 4 }, url: 'https://ap.klinik.se', token: 'hemligt' }
  assert.equal(right(phossAp, env), { ...own, provider: 'phoss-ap' })
  const settings = right(storecove, env)
  assert.is(settings.provider === 'storecove' && settings.schemes['0007'], 'SE:ORGNR')
  assert.is(settings.provider === 'storecove' && settings.url, 'https://api.storecove.com/api/v2')
  assert.equal(right(qvalia, env), {
    ...common,
    rate: { atOnce: 2, perMinute: 60 },
    provider: 'qvalia',
    url: 'https://api.qvalia.com',
    apiKey: 'hemligt',
    partner: 'SE5560360793',
    account: 'SE5560360793',
  })
  assert.equal(right(phase4, env), { ...own, provider: 'phase4' })
  assert.equal(right(inexchange, env), {
    ...common,
    rate: { atOnce: 2, perMinute: 60 },
    provider: 'inexchange',
    url: 'https://api.inexchange.com/v1/api',
    apiKey: 'hemligt',
    erpId: 'klinik-1',
  })
  const changed = right(
    { ...qvalia, account: 'SE1', retry: { attempts: 2 }, timeoutMs: 5_000, rate: { atOnce: 1 } },
    env,
  )
  assert.equal(changed.retry, { ...common.retry, attempts: 2 })
  assert.is(changed.timeoutMs, 5_000)
  assert.equal(changed.rate, { atOnce: 1, perMinute: 60 })
})

Config('a secret that is not there says where it belongs', () => {
  for (const [config, field] of [
    [phossAp, 'eInvoice.token'],
    [storecove, 'eInvoice.apiKey'],
    [qvalia, 'eInvoice.apiKey'],
    [phase4, 'eInvoice.token'],
    [inexchange, 'eInvoice.apiKey'],
  ] as const) {
    const missing = settled(config)
    assert.is(E.isLeft(missing) && missing.left.field, field)
    assert.is(E.isLeft(missing) && missing.left.variable, 'TOKEN')
  }
  const hook = { header: 'X-Hook', secret: { env: 'HOOK' } }
  const missing = settled({ ...storecove, webhook: hook }, { TOKEN: 'x' })
  assert.is(E.isLeft(missing) && missing.left.field, 'eInvoice.webhook.secret')
  const other = settled({ ...qvalia, webhookSecret: { env: 'HOOK' } }, { TOKEN: 'x' })
  assert.is(E.isLeft(other) && other.left.field, 'eInvoice.webhookSecret')
})

Config('encrypted, except to this very machine', () => {
  for (const url of ['https://ap.klinik.se/', 'http://localhost:8080', 'http://127.0.0.1:1', 'http://[::1]:8080'])
    assert.is(wrong({ ...phossAp, url }), '')
  for (const url of [
    'http://ap.klinik.se',
    'http://localhost.evil.se',
    'https://user:pass@ap.klinik.se',
    'https://ap.klinik.se/?a=b',
    'ftp://ap.klinik.se',
    'ap.klinik.se',
    7,
  ])
    assert.match(wrong({ ...phossAp, url }), /^url must be an address that begins with https/)
})

Config('problems speak of the provider that is named, and show no secret', () => {
  assert.match(wrong({}), /^provider must be one of phoss-ap, /)
  assert.match(wrong({ provider: 'peppol' }), /^provider must be one of .*\(got "peppol"\)/)
  assert.match(wrong('storecove'), /^it must be an object/)
  assert.match(wrong({ ...phossAp, apiKey: 'x' }), /^apiKey must be left out/)
  assert.match(wrong({ ...storecove, legalEntityId: '4711' }), /^legalEntityId must be/)
  assert.match(wrong({ ...storecove, schemes: { '7': 'SE' } }), /^schemes must be/)
  assert.match(wrong({ ...storecove, webhook: { header: 'a b', secret: 's' } }), /^webhook\.header must be/)
  assert.match(wrong({ ...inexchange, erpId: '' }), /^erpId must be/)
  assert.match(wrong({ ...qvalia, retry: { atempts: 1 } }), /^retry\.atempts must be left out/)
  assert.match(wrong({ ...qvalia, rate: { perMinute: 0 } }), /^rate\.perMinute must be a whole number/)
  for (const apiKey of [{ value: 'hemligt' }, ['hemligt'], 12345678])
    assert.not.match(wrong({ ...storecove, apiKey }), /hemligt|12345678/)
})
