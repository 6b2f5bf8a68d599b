import { sek } from '@underlag/invoicing'
import { suite } from '@underlag/kernel/testing'
import * as assert from 'uvu/assert'
import { paymentCode, qrImage } from '../src/template/payment-code.js'
import {
  addressLines,
  amountText,
  bankgiroText,
  decimalText,
  moneyText,
  organisationNumberText,
  plusgiroText,
  swishText,
} from '../src/template/v1/format.js'
import { samples } from '../src/testing/sample-invoices.js'

const Format = suite('document formats')

Format('writes amounts in both languages', () => {
  assert.is(moneyText(sek(123450), 'sv'), '1\u00a0234,50\u00a0kr')
  assert.is(moneyText(sek(123450), 'en'), 'SEK\u00a01,234.50')
  assert.is(amountText(sek(-123456789), 'sv'), '−1\u00a0234\u00a0567,89')
  assert.is(amountText(sek(7), 'sv'), '0,07')
  assert.is(amountText(sek(-7), 'en'), '−0.07')
  assert.is(amountText(sek(0), 'en'), '0.00')
  assert.is(decimalText(1294643n, 4, 'sv'), '129,4643')
})

Format('writes numbers as they are read', () => {
  assert.is(bankgiroText('5050-1055'), '5050-1055')
  assert.is(bankgiroText('9912346'), '991-2346')
  assert.is(plusgiroText('41234566'), '4\u00a012\u00a034\u00a056-6')
  assert.is(plusgiroText('12-3'), '12-3')
  assert.is(swishText('1237856901'), '123\u00a0785\u00a069\u00a001')
  assert.is(organisationNumberText('5566778899'), '556677-8899')
})

Format('leaves no blank line in an address, and names a foreign country', () => {
  const address = { lines: ['c/o Ek', ' ', 'Storgatan 1'], postalCode: '11122', city: 'Stockholm', country: 'SE' }
  assert.equal(addressLines(address, 'sv'), ['c/o Ek', 'Storgatan 1', '111\u00a022 Stockholm'])
  const abroad = { lines: ['Havnegade 12'], postalCode: '1058', city: 'København K', country: 'DK' }
  assert.equal(addressLines(abroad, 'sv'), ['Havnegade 12', '1058 København K', 'DANMARK'])
})

Format('writes the payment as UsingQR asks, or as Swish where that is all there is', () => {
  const bank = paymentCode(samples['exclusive-prices'] ?? (assert.unreachable('sample') as never))
  assert.equal(JSON.parse(bank?.content ?? ''), {
    uqr: 1,
    tp: 1,
    nme: 'Nordlund & Ekwall Handledning AB',
    cid: '556677-8899',
    iref: '10421',
    idt: '20260331',
    ddt: '20260430',
    due: 15556.25,
    pt: 'BG',
    acc: '5050-1055',
  })
  const swish = paymentCode(samples['small-business'] ?? (assert.unreachable('sample') as never))
  assert.is(swish?.content, 'C1231112223;900,00;10421;0')
  assert.is(paymentCode(samples['credit-note'] ?? (assert.unreachable('sample') as never)), null)
})

Format('draws a QR code with its quiet zone', () => {
  const svg = decodeURIComponent(qrImage('C1231112223;900,00;10421;0').replace('data:image/svg+xml,', ''))
  assert.match(svg, 'viewBox="0 0 33 33"')
  assert.match(svg, 'M4 4h7')
})
