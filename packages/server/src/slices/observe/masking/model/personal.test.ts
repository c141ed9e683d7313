import { type PersonalClass, personalClasses } from '@metaagent/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { numberingPlans } from '../actions/numbering-plans.ts'
import { maskFound, mergeOverlapping } from './found.ts'
import { findPersonal } from './personal.ts'
import { suspect } from './suspects.ts'
import { exampleToken } from './tokens.ts'

const all: ReadonlySet<PersonalClass> = new Set(personalClasses)
const find = (text: string, field: string | null = null, classes = all) =>
  findPersonal({ text, field }, classes, numberingPlans)
const masked = (text: string, field: string | null = null) =>
  maskFound(text, find(text, field), ({ rule }) => `<${rule}>`).text

describe('MK2: what has a form is masked, and no more than it', () => {
  test.each([
    // Cards: test numbers that the schemes publish.
    ['pay with 4111111111111111.', 'pay with <card>.'],
    ['4111 1111 1111 1111 12/27', '<card> 12/27'],
    ['5555-5555-5555-4444', '<card>'],
    ['amex 3782 822463 10005!', 'amex <card>!'],
    ['diners 30569309025904', 'diners <card>'],
    ['{\\"card\\":\\"6011111111111117\\"}', '{\\"card\\":\\"<card>\\"}'],
    ['my card is 501800000009', 'my card is <card>'],
    ['limit for card 4222222222222?', 'limit for card <card>?'],
    // IBANs: examples of the registry.
    ['IBAN GB29NWBK60161331926819', 'IBAN <iban>'],
    ['to DE89 3704 0044 0532 0130 00 please', 'to <iban> please'],
    ['fr1420041010050500013m02606', '<iban>'],
    ['NO9386011117947, MT84MALT011000012345MTLCAST001S', '<iban>, <iban>'],
    // Social security numbers: not 000, 666, 900 and above, group 00, serial 0000.
    ['SSN 219-09-9999', 'SSN <us-ssn>'],
    ['my social security number is 219099999', 'my social security number is <us-ssn>'],
    ['itin 912-70-1234', 'itin <us-ssn>'],
    // Numbers of other countries.
    ['CPF 529.982.247-25', 'CPF <br-cpf>'],
    ['aadhaar 2341 2341 2346', 'aadhaar <in-aadhaar>'],
    ['SIN 193 456 787', 'SIN <ca-sin>'],
    ['sécu 2 69 05 49 588 157 80', 'sécu <fr-nir>'],
    ['personnummer 811228-9874', 'personnummer <se-personnummer>'],
    ['hetu 131052-308T', 'hetu <fi-hetu>'],
    ['PESEL: 44051401359', 'PESEL: <pl-pesel>'],
    ['BSN 111222333', 'BSN <nl-bsn>'],
    ['DNI 12345678Z, NIE X1234567L', 'DNI <es-dni>, NIE <es-dni>'],
    ['NHS number 943 476 5919', 'NHS number <uk-nhs>'],
    // E-mail addresses.
    ['mail ada.lovelace+x@mail.example.co.uk.', 'mail <email>.'],
    ['<a href="mailto:ada@example.com">', '<a href="mailto:<email>">'],
    ['https://x.example/?user=ada@example.com&y=1', 'https://x.example/?user=<email>&y=1'],
    ["x='ada@example.com', o'brien@example.com", "x='<email>', <email>"],
    ['jürgen@müller.example, 李@例え.jp', '<email>, <email>'],
    // IP addresses.
    ['client 203.0.113.7:443 and http://198.51.100.23/x', 'client <ipv4>:443 and http://<ipv4>/x'],
    ['from 10.0.0.5, 192.168.178.21', 'from <ipv4>, <ipv4>'],
    ['client_ip=203.0.113.7, address 0.12.34.56', 'client_ip=<ipv4>, address <ipv4>'],
    ['host 2001:db8:85a3::8a2e:370:7334: up', 'host <ipv6>: up'],
    ['1:2:3:4:5:6:7:8 and fe80::1ff:fe23:4567:890a', '<ipv6> and <ipv6>'],
    // Phones with a calling code.
    ['+1 604-696-5272', '<phone>'],
    ['+41 (0)44 668 18 00, +442079460018', '<phone>, <phone>'],
    ['0041 44 668 18 00', '<phone>'],
    // Phones of national form.
    ['(604) 696-5272 ext. 12', '<phone>'],
    ['call center 604.696.5272x565', 'call center <phone>'],
    ['604-696-5272', '<phone>'],
    ['01.84.17.61.18', '<phone>'],
    ['0171 234 56 78', '<phone>'],
    ['604-696-5272 604-696-5273 (604) 696-5274', '<phone> <phone> <phone>'],
    ['+44 20 7946 0018 20241121', '<phone> 20241121'],
    // Phones that the words around say.
    ['phone: 780 6326', 'phone: <phone>'],
    ['Phone:\n9472 7916', 'Phone:\n<phone>'],
    ['Can you call me back on 9472 7916?', 'Can you call me back on <phone>?'],
    ['780 6326 office', '<phone> office'],
    ['Telefonnummer 7806326', 'Telefonnummer <phone>'],
    ['my new number is 99 577450', 'my new number is <phone>'],
    ['WhatsApp 5511987654321', 'WhatsApp <phone>'],
  ])('%s', (text, expected) => {
    expect(masked(text)).toBe(expected)
  })

  test.each([
    ['phone_number', '780 6326', '<phone>'],
    ['customerMobile', '99577450', '<phone>'],
    ['ssn', '219099999', '<us-ssn>'],
    ['user_ssn', '219 09 9999', '<us-ssn>'],
    ['cardNumber', '501800000009', '<card>'],
    ['zip', '780 6326', '780 6326'],
    ['order_number', '99577450', '99577450'],
  ])('in the field %s: %s', (field, text, expected) => {
    expect(masked(text, field)).toBe(expected)
  })
})

describe('MK3: what only looks like it stays', () => {
  test.each([
    // Wrong checksums, invalid areas, lengths that no country has.
    'card 4111111111111112',
    'GB29NWBK60161331926818',
    'GB29NWBK6016133192681',
    '000-12-3456, 666-12-3456, 900-12-3456, 219-00-1234, 219-09-0000',
    'CPF 111.111.111-11',
    // Versions, sections, networks and addresses that name nobody's machine.
    'v1.22.33.44, version 10.20.30.40, Chrome/120.0.60.99, section 3.12.40.2',
    'pkg==12.4.5.8, >=10.3.5.147, 2.1.0.0',
    '10.0.0.0/8, 127.0.0.1, 0.0.0.0, 255.255.255.0, 169.254.169.254, 224.0.0.1, 8.8.8.8',
    'std::vector, a::b, ::1, de:ad:be:ef:00:01, 12:30:45',
    // Times, prices, figures.
    '2026-11-21T13:56:04.123Z, 2026-11-21 13:56:04, 21.11.2026, 11/21/2026, 20261121',
    '1790000000, 1790000000123, 1790000000123456789',
    '$1,234,567.89, 1.234.567,89 EUR, 12345678.90, -1234567, 1e10000000',
    '3... 2... 1... liftoff!',
    'ranges 100-200-300, 1 000 000 and 2 500 000',
    // Ids.
    '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b 01900000-1111-7222-8333-444444444444',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 4bf92f3577b34da6a3ce929d0e0e4736, call_0190473612345678, toolu_01A09q90qw90lq917835lq9',
    'order 12345678, ticket number 780 6326, flight 9472 7916, tool call 1234567',
    'tracking number is 1234567890, account 12345678, id=987654321',
    'ISBN 978-3-16-148410-0',
    // Addresses that are none.
    'git@github.com:acme/repo.git, ssh://git@github.com/acme/repo, https://user@host.example/',
    'logo@2x.png, getty@tty1.service, react@18.2.0, @types/node@24, @app.route("/x")',
    'https://example.com/orders/604-696-5272?page=12345678',
    'www.example.com, https://InstantResales.com.cy/',
    'search_direct_flight get_user_details {"amount": 1234567, "ids": [1234567, 7654321]}',
  ])('%s', (text) => {
    expect(masked(text)).toBe(text)
  })

  test('a class that is off is not looked for', () => {
    const text = 'ada@example.com, 604-696-5272, 203.0.113.7'
    expect(find(text, null, new Set(['phone'])).map(({ rule }) => rule)).toEqual(['phone'])
    expect(find(text, null, new Set())).toEqual([])
  })
})

const values = fc.constantFrom(
  'ada@example.com',
  '4111 1111 1111 1111',
  '4111111111111111',
  'DE89370400440532013000',
  '219-09-9999',
  '604-696-5272',
  '+442079460018',
  '203.0.113.7',
  '8.8.4.40',
  '2001:db8:85a3::8a2e:370:7334',
  '1:2:3:4:5:6:7:8',
  '01.84.17.61.18',
  'phone 780 6326',
  'MT84MALT011000012345MTLCAST001S',
  '12345678Z',
  '(604) 696–5272',
  '604\u00a0696\u00a05272',
  '604-696-5272 604-696-5273',
  'deadbeef-604-696-5272',
)
const noise = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom(
    ' ',
    '\n',
    '\t',
    '"',
    '\\',
    '\u001f',
    '1',
    'a',
    'f',
    'card ',
    'phone: ',
    ', ',
    '-',
    '.',
    '/',
    ':',
    '{"a":',
  ),
)
const texts = fc.array(fc.oneof(values, noise), { maxLength: 8 }).map((parts) => parts.join(''))

test('MK3: what the quick look calls clean no rule would touch, in JSON as in plain text', () => {
  fc.assert(
    fc.property(texts, fc.constantFrom(null, 'phone', 'card'), (text, field) => {
      if (find(text, field).length === 0) return
      const json = suspect(JSON.stringify({ [field ?? 'text']: text }), true)
      expect(json.email || json.digits || json.ipv6).toBe(true)
      const beside = JSON.stringify({ model: 'gpt-4.1-2025-04-14', [field ?? 'text']: text, version: '2026.11.21' })
      const remembering = suspect(beside, true, (searched) => find(searched.text, searched.field).length === 0)
      expect(remembering.email || remembering.digits || remembering.ipv6).toBe(true)
      const plain = suspect(text, false)
      expect(plain.email || plain.digits || plain.ipv6).toBe(true)
    }),
    { numRuns: 3_000 },
  )
})

test('MK3: a dated name of a model is no suspect once it is known to be clean', () => {
  const text = JSON.stringify({ 'gen_ai.response.model': 'gpt-4.1-2025-04-14', 'gen_ai.usage.input_tokens': 1_200_000 })
  expect(suspect(text, true).digits).toBe(true)
  const asked: unknown[] = []
  const isClean = (searched: { readonly text: string; readonly field: string | null }) => {
    asked.push(searched)
    return find(searched.text, searched.field).length === 0
  }
  expect(suspect(text, true, isClean).digits).toBe(false)
  expect(asked).toEqual([{ field: 'gen_ai.response.model', text: 'gpt-4.1-2025-04-14' }])
  expect(suspect(text.replace('gen_ai.response.model', 'phone'), true, () => false).digits).toBe(true)
})

test('MK2: every find lies within its text, and masking a masked text changes nothing', () => {
  fc.assert(
    fc.property(texts, fc.boolean(), (text, asToken) => {
      const found = mergeOverlapping(find(text))
      for (const { start, end } of found) expect(0 <= start && start < end && end <= text.length).toBe(true)
      const replacement = asToken
        ? ({ class: kind }: { class: PersonalClass | 'secret' | 'custom' }) => exampleToken(kind)
        : undefined
      const once = maskFound(text, found, replacement).text
      // What stood beside a value may become one itself, once; after that there is nothing left.
      const twice = maskFound(once, find(once), replacement).text
      expect(find(twice).length).toBeLessThanOrEqual(find(once).length)
    }),
    { numRuns: 1_000 },
  )
})
