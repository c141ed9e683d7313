// @vitest-environment happy-dom
import type { AssessedControl, ComplianceAssessment, EvidencePackSummary } from '@metaagent/contract'
import { screen, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { periodOfDays } from '../../api/compliance.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { evidenceSearch } from './search.ts'

const because = { rule: 'r', observed: 0, limit: 1, text: 'Not shown in this period: keys are revoked' }
const rule = { id: 'keys', shows: 'Keys are revoked', types: ['identity.api_key.revoked'], where: [], atLeast: 1 }
const control = { clause: 'CC6.1', title: 'Logical access', asks: 'Access is limited.', outside: null, because }
const controls: readonly AssessedControl[] = [
  {
    ...control,
    id: 'CC6.1',
    state: 'covered',
    evidence: [{ ...rule, shows: 'Keys are issued', count: 9, places: '3-11', listed: [3, 4, 5, 6, 7, 8] }],
  },
  {
    ...control,
    id: 'CC6.3',
    clause: 'CC6.3',
    title: 'Removal of rights',
    state: 'gap',
    evidence: [{ ...rule, count: 0, places: '', listed: [] }],
  },
  { ...control, id: 'CC6.4', clause: 'CC6.4', title: 'Doors', state: 'outside', outside: 'Locks.', evidence: [] },
]
const framework = { id: 'soc2', name: 'SOC 2', edition: '2017', version: '1.0.0', digest: 'sha256:1' }
const assessment: ComplianceAssessment = {
  framework,
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-02-01T00:00:00.000Z',
  treeSize: 12,
  covered: 1,
  gaps: 1,
  outside: 1,
  controls: [...controls],
}
const pack: EvidencePackSummary = {
  packId: '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
  framework,
  from: assessment.from,
  to: assessment.to,
  createdAt: '2026-02-02T00:00:00.000Z',
  createdBy: 'user:1',
  covered: 1,
  gaps: 1,
  outside: 1,
  entries: 6,
  treeSize: 12,
  digest: 'sha256:2',
  eventId: '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c',
}
const answers = {
  'GET /compliance/frameworks': () =>
    json({
      items: [
        {
          ...framework,
          note: 'Common criteria.',
          controls: [{ ...control, id: 'CC6.1', evidence: [rule], because: undefined }],
        },
      ],
    }),
  'GET /compliance/frameworks/soc2/assessment': () => json(assessment),
  'GET /compliance/packs': () => json({ items: [pack], nextCursor: null }),
}

test('frameworks show how far the ledger shows them, with gaps told, and a period stands in the address', async () => {
  const { wire } = await renderApp('/evidence?days=30', { overrides: answers })
  const list = await screen.findByTestId('frameworks')
  expect(await within(list).findByText('1 covered, 1 gap, 1 not for software')).toBeTruthy()
  const link = within(list).getByRole('link', { name: 'SOC 2' })
  expect(link.getAttribute('href')).toContain('/evidence/soc2?days=30')
  expect(wire.seen.filter((line) => line.includes('/assessment'))).toHaveLength(1)
})

test('gaps stand first, evidence leads to its entries, and what software cannot show says what it takes', async () => {
  await renderApp('/evidence/soc2', { overrides: answers })
  const list = await screen.findByTestId('controls')
  const titles = within(list)
    .getAllByRole('heading')
    .map(({ textContent }) => textContent)
  expect(titles).toEqual(['CC6.3 Removal of rights', 'CC6.1 Logical access', 'CC6.4 Doors'])
  expect(within(list).getByText(/Not shown in this period/)).toBeTruthy()
  expect(within(list).getByText('no entry')).toBeTruthy()
  expect(within(list).getByRole('link', { name: '3' }).getAttribute('href')).toBe('/ledger/entries/3')
  expect(within(list).queryByRole('link', { name: '8' })).toBeNull()
  expect(within(list).getByText('Locks.')).toBeTruthy()
  const packs = screen.getByTestId('packs')
  expect((await within(packs).findByRole('link', { name: 'Download' })).getAttribute('href')).toContain(pack.packId)
})

test('a state in the address shows its controls alone, and making a pack that is refused says why', async () => {
  await renderApp('/evidence/soc2?state=gap', {
    overrides: { ...answers, 'POST /compliance/packs': () => refusal('not-sequenced-yet', 'Ask again in a moment.') },
  })
  const list = await screen.findByTestId('controls')
  expect(within(list).getAllByRole('heading')).toHaveLength(1)
  await userEvent.click(screen.getByTestId('make-pack'))
  await expectText('Ask again in a moment.')
})

test('a stored pack is checked by the browser; one that does not verify is called refused', async () => {
  const file = {
    ...assessment,
    format: 'metaagent-evidence/v1',
    kind: 'evidence-pack',
    packId: pack.packId,
    createdAt: pack.createdAt,
    createdBy: 'user:1',
    limits: ['Counts are the maker’s word.'],
    checkpoint: 'no note',
    verifierKey: 'no key',
    entries: [],
  }
  await renderApp(`/evidence/packs/${pack.packId}`, {
    overrides: { [`GET /compliance/packs/${pack.packId}`]: () => json(file) },
  })
  const check = await screen.findByTestId('pack-check')
  expect(await within(check).findByText('refused')).toBeTruthy()
  expect(screen.getByText('Counts are the maker’s word.')).toBeTruthy()
})

test('a period ends with today and stays the same all day; an address of nonsense is the default', () => {
  const morning = periodOfDays(30, Date.parse('2026-03-02T01:00:00Z'))
  expect(morning).toEqual({ from: '2026-02-01T00:00:00.000Z', to: '2026-03-03T00:00:00.000Z' })
  expect(periodOfDays(30, Date.parse('2026-03-02T23:59:59Z'))).toEqual(morning)
  expect(evidenceSearch({ days: 7, state: 'x' })).toEqual({})
  expect(evidenceSearch({ days: 30, state: 'gap' })).toEqual({ days: '30', state: 'gap' })
})
