import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto'
import { retryDelayMs } from '@underlag/invoicing'
import { problems } from '@underlag/kernel'
import { suite } from '@underlag/kernel/testing'
import * as E from 'fp-ts/lib/Either.js'
import * as assert from 'uvu/assert'
import { EmailConfig, type EmailSettings, emailChannel, emailSettings, mailTexts } from '../src/email/index.js'

const Config = suite('email: the configuration')

const smallest = { smtp: { host: 'smtp.klinik.se', port: 587 }, from: 'faktura@klinik.se' }

const wrong = (config: unknown): ReadonlyArray<string> => {
  const decoded = EmailConfig.decode(config)
  return E.isLeft(decoded) ? problems(decoded.left) : []
}

const settled = (config: unknown, env: Record<string, string> = {}): ReturnType<ReturnType<typeof emailSettings>> => {
  const decoded = EmailConfig.decode(config)
  if (E.isLeft(decoded)) throw new Error(problems(decoded.left).join('; '))
  return emailSettings(env)(decoded.right)
}

const right = (config: unknown, env?: Record<string, string>): EmailSettings => {
  const settings = settled(config, env)
  if (E.isLeft(settings)) throw new Error(settings.left.detail)
  return settings.right
}

Config('the smallest one, with everything else at its default', () => {
  assert.equal(right(smallest), {
    smtp: { host: 'smtp.klinik.se', port: 587, secure: false, requireTls: true, maxConnections: 3 },
    from: { address: 'faktura@klinik.se' },
    disclosure: 'neutral',
    retry: { attempts: 13, firstDelayMs: 30_000, maxDelayMs: 21_600_000 },
    timeoutMs: 60_000,
    attachUbl: false,
    rate: { atOnce: 3 },
  })
})

Config('outlasts a mail server that is down for a night', () => {
  const { retry } = right(smallest)
  let hours = 0
  for (let attempt = 1; attempt < retry.attempts; attempt++) hours += retryDelayMs(attempt, retry, 0) / 3_600_000
  assert.ok(hours > 10, `given up after ${hours} h`)
})

Config('TLS is required everywhere but on this very machine, unless it is said otherwise', () => {
  const requireTls = (smtp: object): boolean => right({ ...smallest, smtp: { port: 25, ...smtp } }).smtp.requireTls
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1']) assert.is(requireTls({ host }), false, host)
  for (const host of ['smtp.klinik.se', '10.0.0.1', 'localhost.evil.se', '127.0.0.1.evil.se'])
    assert.is(requireTls({ host }), true, host)
  assert.is(requireTls({ host: '10.0.0.1', requireTls: false }), false)
  assert.is(requireTls({ host: 'localhost', requireTls: true }), true)
})

Config('TLS begins with the first byte on port 465, unless it is said otherwise', () => {
  const secure = (smtp: object): boolean =>
    right({ ...smallest, smtp: { host: 'smtp.klinik.se', ...smtp } }).smtp.secure
  assert.equal([{ port: 465 }, { port: 587 }, { port: 2525, secure: true }, { port: 465, secure: false }].map(secure), [
    true,
    false,
    true,
    false,
  ])
})

Config('unknown fields are problems, at every depth', () => {
  assert.match(wrong({ ...smallest, disclosre: 'full' }).join(), /^disclosre must be left out/)
  assert.match(wrong({ ...smallest, smtp: { ...smallest.smtp, tsl: true } }).join(), /^smtp\.tsl must be left out/)
  assert.match(
    wrong({ ...smallest, smtp: { ...smallest.smtp, tls: { rejectUnauthorized: false } } }).join(),
    /^smtp\.tls\.rejectUnauthorized must be left out/,
  )
  assert.match(wrong({ ...smallest, retry: { atempts: 3 } }).join(), /^retry\.atempts must be left out/)
})

Config('wrong values are named', () => {
  assert.match(wrong({ ...smallest, disclosure: 'all' }).join(), /^disclosure must be one of full, neutral, notice/)
  assert.match(wrong({ ...smallest, from: 'Kliniken' }).join(), /^from must be an e-mail address/)
  assert.match(wrong({ ...smallest, from: 'a@b.se, c@d.se' }).join(), /^from must be/)
  assert.match(wrong({ ...smallest, from: 'Kliniken\r\nBcc: x@y.se <a@b.se>' }).join(), /^from must be/)
  assert.match(
    wrong({ ...smallest, portalUrl: 'http://klinik.se' }).join(),
    /^portalUrl must be an address that begins with https/,
  )
  assert.match(wrong({ ...smallest, portalUrl: 'javascript:alert(1)' }).join(), /^portalUrl must be/)
  assert.match(wrong({ from: 'a@b.se' }).join(), /^smtp must be an object \(got missing\)/)
  assert.match(wrong({ ...smallest, smtp: { host: 'a b', port: 0 } }).join(), /smtp\.host.*smtp\.port/)
})

Config('secrets come from the environment', () => {
  const config = { ...smallest, smtp: { ...smallest.smtp, auth: { user: 'klinik', pass: { env: 'SMTP_PASSWORD' } } } }
  assert.equal(right(config, { SMTP_PASSWORD: 'hemligt' }).smtp.auth, { user: 'klinik', pass: 'hemligt' })
  for (const env of [{}, { SMTP_PASSWORD: '' }, { smtp_password: 'hemligt' }]) {
    assert.equal(
      settled(config, env as Record<string, string>),
      E.left({
        _tag: 'SecretMissing',
        field: 'email.smtp.auth.pass',
        variable: 'SMTP_PASSWORD',
        detail: 'email.smtp.auth.pass is read from the environment variable SMTP_PASSWORD, which is not set',
      }),
    )
  }
  assert.is(
    E.isLeft(settled({ ...config, smtp: { ...config.smtp, auth: { user: 'a', pass: { env: 'toString' } } } })),
    true,
  )
})

Config('no problem shows a secret', () => {
  for (const pass of [
    12345678,
    ['hemligt'],
    { env: 'A', value: 'hemligt' },
    { value: 'hemligt' },
    { env: 'not a name hemligt' },
  ]) {
    const said = wrong({ ...smallest, smtp: { ...smallest.smtp, auth: { user: 'klinik', pass } } }).join()
    assert.match(said, /^smtp\.auth\.pass must be/)
    assert.not.match(said, /hemligt|12345678/)
  }
  assert.equal(
    signedWith('hemligt'),
    E.left({
      _tag: 'EmailSettingUnusable',
      field: 'email.dkim.privateKey',
      detail: 'email.dkim.privateKey is no RSA private key in PEM',
    }),
  )
})

const signedWith = (privateKey: string) =>
  settled({ ...smallest, dkim: { domainName: 'klinik.se', keySelector: 's1', privateKey } })

Config('a DKIM key of a kind that no mail would be signed with is told', () => {
  const pem = ({ privateKey }: KeyPairKeyObjectResult): string =>
    privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  assert.ok(E.isRight(signedWith(pem(generateKeyPairSync('rsa', { modulusLength: 2048 })))))
  assert.ok(E.isLeft(signedWith(pem(generateKeyPairSync('ed25519')))))
  assert.ok(E.isLeft(signedWith(pem(generateKeyPairSync('ec', { namedCurve: 'P-256' })))))
})

Config('the channel says how it is to be run', async () => {
  const channel = emailChannel(right({ ...smallest, retry: { attempts: 2 }, timeoutMs: 5_000 }))
  assert.is(channel.name, 'email')
  assert.is(channel.afterCrash, 'hold')
  assert.equal(channel.retry, { attempts: 2, firstDelayMs: 30_000, maxDelayMs: 21_600_000 })
  assert.is(channel.timeoutMs, 5_000)
  const rateOf = (changes: object) => right({ ...smallest, ...changes }).rate
  assert.equal(rateOf({ rate: { perMinute: 30 } }), { atOnce: 3, perMinute: 30 })
  assert.equal(rateOf({ rate: { atOnce: 10 }, maxConnections: 5 }), { atOnce: 5 })
  assert.equal(rateOf({ rate: { atOnce: 1 } }), { atOnce: 1 })
  await channel.close()
})

Config('both languages use the same placeholders', () => {
  const placeholders = (texts: unknown): unknown =>
    typeof texts === 'string'
      ? (texts.match(/\{\w+\}/g) ?? []).sort()
      : Object.fromEntries(Object.entries(texts as object).map(([key, value]) => [key, placeholders(value)]))
  assert.equal(placeholders(mailTexts.en), placeholders(mailTexts.sv))
})
