import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBrowser } from '@underlag/documents'
import { skipped, suite } from '@underlag/kernel/testing'
import { either as E } from 'fp-ts'
import * as assert from 'uvu/assert'
import { command } from './support/clinic.js'
import { atDesk, opening } from './support/desk.js'
import { address, kr, clinic as seller, vat25 } from './support/samples.js'

const Attach = suite('the command line: ubl inside the pdf')

const line = (lineId: string, payer: object) =>
  command('AddLine', { lineId, payer, description: 'Handledning', quantity: '1', price: kr(800), vat: vat25 } as never)

Attach(
  'is written for a company, on the very bytes of the pdf; of a person the rule is told and nothing is written',
  atDesk(async ({ run, execute, folder }) => {
    if (E.isLeft(findBrowser())) skipped('no browser to print with')
    const company = { kind: 'company', id: 'peppol' } as const
    const person = { kind: 'client', id: 'anna' } as const
    await execute(
      ...opening,
      command('SetSeller', { ...seller, vatNumber: 'SE556677889901' }),
      command('RegisterCompany', {
        companyId: 'peppol',
        name: 'Peppol AB',
        organisationNumber: '556677-8899',
        address,
        buyerReference: 'KST 1',
        eInvoice: { scheme: '0007', id: '5566778899' },
      }),
      line('l1', company),
      line('l2', person),
      command('RegisterInvoice', { payer: company, delivery: 'none' }),
      command('RegisterInvoice', { payer: person, delivery: 'none' }),
    )
    const file = (name: string): Buffer => readFileSync(join(folder, name))
    const wrote = await run(['invoice', '1', '--pdf', 'with.pdf', '--attach-ubl', '--ubl', 'alone.xml'])
    assert.equal([wrote.code, wrote.err], [0, 'with.pdf written.\nalone.xml written.\n'])
    assert.is((await run(['invoice', '1', '--pdf', 'plain.pdf'])).code, 0)
    assert.ok(file('with.pdf').subarray(0, file('plain.pdf').length).equals(file('plain.pdf')))
    assert.ok(file('with.pdf').length > file('plain.pdf').length)
    assert.is((await run(['invoice', '1', '--pdf', 'again.pdf', '--attach-ubl'])).code, 0)
    assert.ok(file('again.pdf').equals(file('with.pdf')))

    const refused = await run(['invoice', '2', '--pdf', 'person.pdf', '--attach-ubl'])
    assert.is(refused.code, 1)
    assert.match(refused.err, /^Invoice 2 cannot be an e-invoice\. /)
    assert.throws(() => file('person.pdf'))
    const alone = await run(['invoice', '1', '--attach-ubl'])
    assert.is(alone.code, 2)
    assert.match(alone.err, /^--attach-ubl goes with --pdf FILE\./)
  }),
)
