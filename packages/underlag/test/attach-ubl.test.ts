import { smtpSink } from '@underlag/channels/testing'
import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { inClinic, right, settled } from './support/clinic.js'
import { acme, care, kr } from './support/samples.js'
import { onMemory } from './support/stores.js'

const Attached = suite('the UBL attached to e-mails')

Attached('is the one that is issued for a company, and a person gets none', async () => {
  const sink = await smtpSink()
  const config = {
    email: { smtp: { host: '127.0.0.1', port: sink.port }, from: 'faktura@kliniken.se', attachUbl: true },
  }
  try {
    await inClinic(
      onMemory,
      async (clinic) => {
        const { underlag, accept } = clinic
        await settled(clinic)
        await accept('ChangeCompany', {
          companyId: 'acme',
          email: 'ap@acme.se',
          buyerReference: 'Lisa',
          eInvoice: { scheme: '0007', id: '5560160680' },
        })
        for (const payer of [acme, { kind: 'client', id: 'anna' }] as const) {
          const lineId = `line-${payer.id}`
          await accept('AddLine', { lineId, payer, description: 'Samtal', quantity: '1', price: kr(1500), vat: care })
          await accept('RegisterInvoice', { payer, delivery: 'email', items: [`line:${lineId}`] })
        }
        const { steps } = await right(underlag.deliver())
        const told = steps.find(({ invoiceNumber }) => invoiceNumber === '2')?.detail ?? ''
        assert.match(told, /, without the UBL: UNDERLAG-PERSON payer, /)
        assert.not.match(told, /anna|Andersson/i)
        const files = sink.mails
          .map(({ to, parsed }) => `${to.join()}: ${parsed.attachments.map(({ filename }) => filename).join(', ')}`)
          .sort()
        assert.equal(files, ['anna@example.se: faktura-2.pdf', 'ap@acme.se: faktura-1.pdf, faktura-1.xml'])
        const xml = sink.mails.find(({ to }) => to.includes('ap@acme.se'))?.parsed.attachments[1]?.content.toString()
        const issued = await right(underlag.invoiceUbl('1'))
        assert.equal(issued._tag === 'Some' && issued.value, { _tag: 'Right', right: xml })
      },
      { config },
    )()
  } finally {
    await sink.close()
  }
})
