// @vitest-environment happy-dom
import type { Judgment, QaLabel, StatusWordTable } from '@metaagent/contract'
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { describe, expect, test } from 'vitest'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'
import { judgmentsSearch } from './search.ts'
import { detailWords, scaleWords, shortSubject } from './words.tsx'

const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`
const run = 'ab'.repeat(16)

function judgment(n: number, change: Partial<Judgment> = {}): Judgment {
  return {
    judgmentId: id(n),
    type: 'qa_failure',
    subject: { kind: 'execution', id: run },
    executionId: run,
    actionId: null,
    metric: 'tone',
    verdict: 'qa_failure',
    score: 2,
    scale: { min: 1, max: 5, passFrom: 3 },
    confidence: 0.8,
    order: null,
    label: 'shouts',
    explanation: 'It shouts at the customer.',
    judge: 'tone-check@3',
    judgeKind: 'code',
    details: null,
    gold: false,
    synthetic: false,
    source: 'qa',
    correlationId: run,
    observedAt: '2026-11-20T08:00:00.000Z',
    recordedAt: '2026-11-20T08:00:01.000Z',
    ...change,
  }
}

const silent = { score: null, scale: null, confidence: null, label: null, explanation: null }
const all: readonly Judgment[] = [
  judgment(1),
  judgment(2, { type: 'qa_success', verdict: 'qa_success', gold: true, judge: 'user:0190', judgeKind: 'human' }),
  judgment(3, {
    ...silent,
    type: 'qa_coverage',
    verdict: null,
    subject: { kind: 'series', id: 'nightly' },
    executionId: null,
    details: { covered: 3, total: 4 },
    synthetic: true,
  }),
  judgment(4, {
    ...silent,
    type: 'score',
    verdict: null,
    score: 0.25,
    subject: { kind: 'action', id: `${run}/${'cd'.repeat(8)}` },
    actionId: 'cd'.repeat(8),
  }),
]
const pages = {
  'GET /judgments': ({ query }: { readonly query: URLSearchParams }) =>
    query.get('metric') === 'nothing'
      ? json({ items: [], nextCursor: null })
      : query.has('cursor')
        ? json({ items: [judgment(9)], nextCursor: null })
        : json({ items: all, nextCursor: 'more' }),
}

async function choose(label: string, option: string) {
  await userEvent.click(screen.getByRole('combobox', { name: label }))
  await userEvent.click(await screen.findByRole('option', { name: option }))
}

describe('the list', () => {
  test('shows who said what of what; what was not said is unknown, and the truth is told from opinions', async () => {
    await renderApp('/judgments', { overrides: pages })
    const table = await screen.findByTestId('judgment-table')
    const [, first, second, third, fourth] = within(table).getAllByRole('row')
    for (const text of ['failure', 'tone', 'tone-check@3', '…abababab', '2 of 5', 'opinion'])
      expect(first?.textContent).toContain(text)
    expect(second?.textContent).toContain('truth')
    for (const text of ['coverage', 'series nightly', 'synthetic']) expect(third?.textContent).toContain(text)
    expect(within(third ?? table).getByLabelText('unknown: The judge gave no score.')).toBeTruthy()
    expect(fourth?.textContent).toContain('step')
    expect(
      within(fourth ?? table)
        .getByText(/cdcdcd/)
        .getAttribute('href'),
    ).toContain('action=cdcdcdcdcdcdcdcd')
    // All rows are in view, so the list goes on by itself.
    await waitFor(() => expect(screen.getByTestId('execution-count').textContent).toContain('5 shown, that is all'))
  })

  test('filters stand in the address and are asked of the server', async () => {
    localStorage.setItem('metaagent.time-zone', 'utc')
    const { address, wire } = await renderApp('/judgments', { overrides: pages })
    await screen.findByTestId('judgment-table')
    await choose('Said', 'failure')
    await choose('Kind of judge', 'code')
    await choose('Kind of subject', 'series')
    await choose('Counts as', 'Truth only')
    for (const [label, text] of [
      ['Metric', 'tone'],
      ['Judge', 'tone-check'],
      ['Id of the series', 'nightly'],
    ] as const)
      await userEvent.type(screen.getByLabelText(label), `${text}{Enter}`)
    for (const label of ['From, UTC', 'To, UTC']) {
      fireEvent.change(screen.getByLabelText(label), { target: { value: '2026-11-20T08:00' } })
      fireEvent.blur(screen.getByLabelText(label))
    }
    await waitFor(() =>
      expect(address()).toBe(
        '/judgments?from=2026-11-20T08%3A00%3A00.000Z&gold=true&judge=tone-check&judgeKind=code&metric=tone&subjectId=nightly&subjectKind=series&to=2026-11-20T08%3A00%3A00.000Z&type=qa_failure',
      ),
    )
    await waitFor(() =>
      expect(wire.seen.some((line) => /subjectId=nightly/.test(line) && /gold=true/.test(line))).toBe(true),
    )
    // Another kind of subject has other ids.
    await choose('Kind of subject', 'macro')
    await waitFor(() => expect(address()).not.toContain('subjectId'))
  })

  test('an address that was edited wrongly does no harm', () => {
    const raw = { type: 'x', gold: 'yes', subjectKind: 'execution', subjectId: 'x', from: 'x', judge: ' Ann ' }
    expect(judgmentsSearch(raw)).toEqual({ subjectKind: 'execution', judge: 'Ann' })
    expect(judgmentsSearch({ subjectId: 'x', executionId: 'x' })).toEqual({})
  })

  test('says what to do where there is nothing, and what was wrong', async () => {
    const { address } = await renderApp('/judgments?metric=nothing', { overrides: pages })
    await userEvent.click(await screen.findByText('Remove all filters'))
    await screen.findByTestId('judgment-table')
    expect(address()).toBe('/judgments')
  })

  test('a run leads to what was judged of it, which can be left again', async () => {
    const { address, wire } = await renderApp(`/judgments?executionId=${run}`, { overrides: pages })
    await screen.findByTestId('judgment-table')
    expect(wire.seen.some((line) => line.includes(`executionId=${run}`))).toBe(true)
    await userEvent.clear(screen.getByLabelText('Run'))
    fireEvent.blur(screen.getByLabelText('Run'))
    await waitFor(() => expect(address()).toBe('/judgments'))
  })

  test('nobody has judged yet', async () => {
    await renderApp('/judgments', { overrides: { 'GET /judgments': () => json({ items: [], nextCursor: null }) } })
    await expectText('Nobody has judged anything yet')
  })

  test('a list that cannot be read says why', async () => {
    await renderApp('/judgments', {
      overrides: { 'GET /judgments': () => refusal('not-allowed', 'This key may not.') },
    })
    await expectText('This key may not.')
  })

  test('a row opens its judgment by keys', async () => {
    const { address } = await renderApp('/judgments', { overrides: pages })
    await screen.findByTestId('judgment-table')
    await userEvent.keyboard('jo')
    await waitFor(() => expect(address()).toBe(`/judgments/${id(1)}`))
  })
})

describe('one judgment', () => {
  const label: QaLabel = {
    labelId: id(50),
    subject: { kind: 'execution', id: run },
    executionId: run,
    actionId: null,
    metric: 'tone',
    verdict: 'fail',
    origin: 'human',
    note: 'it does shout',
    labelledBy: 'user:0190',
    observedAt: '2026-11-20T09:00:00.000Z',
    recordedAt: '2026-11-20T09:00:00.000Z',
  }

  test('shows what was said, what others said, the run, and where it led', async () => {
    await renderApp(`/judgments/${id(1)}`, {
      overrides: {
        ...pages,
        [`GET /judgments/${id(1)}`]: () => json(all[0]),
        'GET /qa/labels': () => json({ items: [label], nextCursor: null }),
      },
    })
    const panel = await screen.findByTestId('judgment')
    for (const text of ['1 to 5, passes from 3', '80 %', 'shouts', 'It shouts at the customer.'])
      expect(panel.textContent).toContain(text)
    expect(within(panel).getByLabelText(/unknown: Nothing was compared/)).toBeTruthy()
    expect(screen.getByText('What it led to').closest('a')?.getAttribute('href')).toBe(`/qa/traces/${run}`)
    const same = screen.getByTestId('judgment-same')
    await waitFor(() => expect(within(same).getAllByRole('listitem')).toHaveLength(3))
    const right = screen.getByTestId('judgment-label')
    await waitFor(() => expect(right.textContent).toContain('it does shout'))
    expect(within(right).getByText('It fails').closest('button')?.disabled).toBe(true)
  })

  test('what is right can be said and taken back', async () => {
    let now: QaLabel | null = null
    const sent: unknown[] = []
    await renderApp(`/judgments/${id(3)}`, {
      overrides: {
        'GET /judgments': () => json({ items: [all[2]], nextCursor: null }),
        [`GET /judgments/${id(3)}`]: () => json(all[2]),
        'GET /qa/labels': () => json({ items: now === null ? [] : [now], nextCursor: null }),
        'POST /qa/labels': ({ body }) => {
          const [given] = (body as { labels: Pick<QaLabel, 'verdict' | 'note'>[] }).labels
          sent.push(body)
          now = { ...label, verdict: given?.verdict ?? null, note: given?.note ?? null }
          return json({ labelled: 1, unchanged: 0 })
        },
      },
    })
    expect((await screen.findByTestId('judgment')).textContent).toContain('Covers 3 of 4, 75 %.')
    await expectText('Nobody else has judged it.')
    await expectText('Nobody has labelled it.')
    await userEvent.type(screen.getByLabelText('Note'), 'as it should')
    await userEvent.click(screen.getByText('It passes'))
    await expectText('as it should')
    await userEvent.click(screen.getByText('Take back'))
    await expectText('Its label was taken back.')
    const thing = { subject: { kind: 'series', id: 'nightly' }, metric: 'tone' }
    expect(sent).toEqual([
      { labels: [{ ...thing, verdict: 'pass', note: 'as it should' }] },
      { labels: [{ ...thing, verdict: null }] },
    ])
  })

  test('a judgment that is not there says so', async () => {
    await renderApp(`/judgments/${id(77)}`, {
      overrides: { [`GET /judgments/${id(77)}`]: () => refusal('not-found', 'There is no judgment with this id.') },
    })
    await expectText('There is no judgment with this id.')
  })

  test('parts that cannot be read do not hide the others', async () => {
    await renderApp(`/judgments/${id(4)}`, {
      overrides: {
        [`GET /judgments/${id(4)}`]: () => json(all[3]),
        'GET /judgments': () => refusal('invalid-query', 'No such list.'),
        'GET /qa/labels': () => refusal('not-allowed', 'No labels for you.'),
      },
    })
    await expectText('No such list.')
    await expectText('No labels for you.')
    await expectText('None were given, or they were erased.')
  })
})

describe('status words', () => {
  const table: StatusWordTable = {
    words: [{ word: 'ok', meaning: 'abstain' }],
    shipped: [
      { word: 'ok', meaning: 'pass' },
      { word: 'failed', meaning: 'fail' },
    ],
    version: 1,
    reason: 'ok is no verdict here',
    changedBy: 'user:0190',
    changedAt: '2026-11-20T08:00:00.000Z',
  }

  test('words are added, changed and removed, and what needs an approval asks for it', async () => {
    const sent: { words: unknown; approvalId?: string }[] = []
    const action = {
      operation: 'judgments.status-words.change',
      subject: 'status-words',
      environment: 'production',
      impact: 'HIGH',
      parameters: {},
    }
    await renderApp('/settings/status-words', {
      overrides: {
        'GET /qa/status-words': () => json(table),
        'PUT /qa/status-words': ({ body }) => {
          sent.push(body as { words: unknown })
          return refusal('approval-required', 'This needs an approval.', { action, actionDigest: 'sha256:0' })
        },
      },
    })
    await screen.findByTestId('own-words')
    expect(screen.getByTestId('shipped-words').querySelector('[data-replaced="true"]')?.textContent).toBe('ok')
    const save = screen.getByTestId<HTMLButtonElement>('save-judgments')
    await userEvent.type(screen.getByLabelText('Reason'), 'our judge says so')
    expect(save.disabled).toBe(true)
    await userEvent.click(screen.getByText('Add a word'))
    expect(save.disabled).toBe(true)
    await userEvent.type(screen.getByLabelText('Word 2'), 'splendid')
    await choose('Meaning of word 2', 'pass')
    await userEvent.click(screen.getByLabelText('Remove word 1'))
    await userEvent.click(save)
    await screen.findByTestId('ask-approval')
    expect(sent).toMatchObject([
      { words: [{ word: 'splendid', meaning: 'pass' }], expectedVersion: 1, reason: 'our judge says so' },
    ])
    await userEvent.click(screen.getByText('Undo'))
    expect(screen.getByLabelText<HTMLInputElement>('Word 1').value).toBe('ok')
    expect(save.disabled).toBe(true)
  })

  test('without words of one’s own the way to the first one is shown, and errors say what to do', async () => {
    const none = { ...table, words: [], version: 0, reason: null, changedBy: null, changedAt: null }
    await renderApp('/settings/status-words', { overrides: { 'GET /qa/status-words': () => json(none) } })
    await expectText('A word that your judges use can be added here.')
  })

  test('a table that cannot be read says why', async () => {
    await renderApp('/settings/status-words', {
      overrides: { 'GET /qa/status-words': () => refusal('not-allowed', 'Not for this key.') },
    })
    await expectText('Not for this key.')
  })
})

test.each([
  [{ kind: 'execution', id: run } as const, '…abababab'],
  [{ kind: 'action', id: `${run}/${'cd'.repeat(8)}` } as const, '…abababab / …cdcdcd'],
  [{ kind: 'macro', id: 'restart' } as const, 'restart'],
])('the subject %j is shown as %s', (subject, shown) => {
  expect(shortSubject(subject)).toBe(shown)
})

test('details and scales are sentences', () => {
  expect(detailWords(null)).toBeNull()
  expect(detailWords({ change: 'deleted' })).toBe('The check was deleted.')
  expect(detailWords({ expiresAt: null })).toBe('Until it is taken back.')
  expect(detailWords({ expiresAt: '2027-01-01T00:00:00.000Z' })).toContain('Until 2027')
  expect(scaleWords({ min: 0, max: 1, passFrom: null })).toBe('0 to 1, without a line')
})
