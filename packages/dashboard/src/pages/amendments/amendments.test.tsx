// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { amendmentIds } from '../../testing/amendments.ts'
import { uuid } from '../../testing/random.ts'
import { me } from '../../testing/records.ts'
import { expectText, renderApp } from '../../testing/render.tsx'
import { json, refusal } from '../../testing/replies.ts'

const opened = (id: string) => `/amendments/${id}`

test('the list says what is proposed, how grave it is and why, and is filtered in the address', async () => {
  const { address } = await renderApp('/amendments')
  const table = within(await screen.findByTestId('amendment-table'))
  expect(table.getByText('A judge judges otherwise: helpfulness by judge gpt')).toBeTruthy()
  expect(table.getByText('60 of 200 failed')).toBeTruthy()
  expect(table.getByText('ratified')).toBeTruthy()
  for (const [label, option, query] of [
    ['State', 'open', 'state=open'],
    ['Severity', 'warning', 'severity=warning&state=open'],
    ['Proposed by', 'By drift', 'origin=drift&severity=warning&state=open'],
    ['Document', 'QA.md', 'document=QA.md&origin=drift&severity=warning&state=open'],
  ] as const) {
    await userEvent.click(screen.getByRole('combobox', { name: label }))
    await userEvent.click(await screen.findByRole('option', { name: option }))
    await waitFor(() => expect(address()).toBe(`/amendments?${query}`))
  }
  const filtered = within(await screen.findByTestId('amendment-table'))
  await userEvent.click(await filtered.findByText('A judge judges otherwise: helpfulness by judge gpt'))
  await screen.findByTestId('amendment-diff')
})

test('an empty list says what comes here, one without a match says so, a refused one why', async () => {
  const { router } = await renderApp('/amendments', {
    overrides: { 'GET /amendments': () => json({ items: [], nextCursor: null }) },
  })
  await expectText('Nothing was proposed yet')
  await router.navigate({ to: '/amendments', search: { state: 'expired' } })
  await expectText('No amendment is like that')
})

test('a refused list says why', async () => {
  await renderApp('/amendments', {
    overrides: { 'GET /amendments': () => refusal('not-allowed', 'Not for this role.') },
  })
  await expectText('Not for this role.')
})

test('one amendment shows what changes, in one column or two, what it rests on and who must agree', async () => {
  const { address } = await renderApp(opened(amendmentIds.drift))
  const diff = within(await screen.findByTestId('diff'))
  expect(diff.getByText('Until it recovers, a second judge is asked.')).toBeTruthy()
  expect(diff.getAllByRole('row')).toHaveLength(5)
  fireEvent.keyDown(document.body, { key: 'v' })
  await waitFor(() => expect(address()).toBe(`${opened(amendmentIds.drift)}?view=split`))
  expect(within(screen.getByTestId('diff')).getAllByRole('row')).toHaveLength(4)
  await userEvent.click(screen.getByTestId('diff-shape'))
  await waitFor(() => expect(address()).toBe(opened(amendmentIds.drift)))
  const why = within(screen.getByTestId('amendment-why'))
  expect(why.getByText('60 of 200 failed')).toBeTruthy()
  expect(within(screen.getByTestId('amendment-decision')).getByText('HIGH impact needs one admin.')).toBeTruthy()
  const links = within(screen.getByTestId('amendment-evidence')).getAllByRole('link')
  expect(links.map((link) => link.getAttribute('href'))).toEqual([
    '/drift',
    `/drift/${uuid(2)}`,
    `/judgments/${uuid(3)}`,
    `/executions/${'0'.repeat(31)}1`,
  ])
  expect(within(screen.getByTestId('amendment-revisions')).getByText('It grew graver.')).toBeTruthy()
})

test('ratifying without an approval says what is needed, asks for it, and goes through with it', async () => {
  const sent: unknown[] = []
  await renderApp(opened(amendmentIds.drift), {
    overrides: {
      [`POST /amendments/${amendmentIds.drift}/ratify`]: ({ body }) => {
        sent.push(body)
        return null
      },
      'POST /approvals': ({ body }) => json({ ...approvalOf(body), approvalId: uuid(650) }, 201),
    },
  })
  const panel = within(await screen.findByTestId('amendment-decision'))
  await userEvent.type(await panel.findByLabelText(/^Reason/), 'It is right.')
  await userEvent.click(panel.getByTestId('save-amendments'))
  await userEvent.click(await panel.findByTestId('ask-approval'))
  await waitFor(() => expect(panel.getByTestId('approval-id')).toHaveProperty('value', uuid(650)))
  await userEvent.click(panel.getByTestId('save-amendments'))
  await waitFor(() =>
    expect(sent).toEqual([
      { draftDigest: 'sha256:draft', reason: 'It is right.' },
      { draftDigest: 'sha256:draft', reason: 'It is right.', approvalId: uuid(650) },
    ]),
  )
})

test('an approval that was given meanwhile is found again', async () => {
  await renderApp(opened(amendmentIds.drift), {
    overrides: {
      'GET /approvals': ({ query }) =>
        json({
          items:
            query.get('state') === 'approved'
              ? [
                  {
                    ...approvalOf({}),
                    approvalId: uuid(651),
                    parameters: { amendmentId: amendmentIds.drift, draftDigest: 'sha256:draft' },
                  },
                ]
              : [],
          nextCursor: null,
        }),
    },
  })
  const panel = within(await screen.findByTestId('amendment-decision'))
  expect(await panel.findByText(/An approval of exactly this draft was given/)).toBeTruthy()
  expect(panel.getByTestId('approval-id')).toHaveProperty('value', uuid(651))
  expect(panel.getByText('It was given for exactly this change.')).toBeTruthy()
})

test('rejecting what drift proposed says whether there was drift', async () => {
  const sent: unknown[] = []
  await renderApp(opened(amendmentIds.drift), {
    overrides: {
      [`POST /amendments/${amendmentIds.drift}/reject`]: ({ body }) => {
        sent.push(body)
        return sent.length === 1 ? refusal('conflict', 'The amendment is ratified already.') : null
      },
    },
  })
  const panel = within(await screen.findByTestId('amendment-decision'))
  await userEvent.click(panel.getByText('Reject', { selector: 'span' }))
  await userEvent.click(panel.getByText('Real drift'))
  await userEvent.type(panel.getByLabelText(/^Reason/), 'Another way.')
  await userEvent.click(panel.getByTestId('reject-amendment'))
  expect(await panel.findByText('The amendment is ratified already.')).toBeTruthy()
  await userEvent.click(panel.getByTestId('reject-amendment'))
  await waitFor(() => expect(sent[1]).toEqual({ reason: 'Another way.', alarm: 'real' }))
})

test('who opened it may take it back; who may not decide sees who does', async () => {
  const own = { ...me(Date.now()), role: 'developer' as const, scopes: ['amendments:write'] }
  const userId = own.user?.userId
  await renderApp(opened(amendmentIds.merges), {
    overrides: {
      'GET /me': () => json({ ...own, user: { ...own.user, userId: uuid(900) } }),
    },
  })
  expect(userId).toBeTruthy()
  const panel = within(await screen.findByTestId('amendment-decision'))
  await userEvent.type(await panel.findByLabelText(/^Reason/), 'A mistake.')
  await userEvent.click(panel.getByTestId('withdraw-amendment'))
})

test('a viewer is told that an admin decides', async () => {
  await renderApp(opened(amendmentIds.drift), {
    overrides: { 'GET /me': () => json({ ...me(Date.now()), role: 'viewer', scopes: ['documents:read'] }) },
  })
  await expectText('You may not decide this; an admin does.')
  expect(screen.queryByTestId('edit-draft')).toBeNull()
})

test('what no longer stands on what is in force is rebased where it merges', async () => {
  const { wire } = await renderApp(opened(amendmentIds.merges))
  const notice = within(await screen.findByTestId('rebase-notice'))
  expect(notice.getByText(/merges with what is in force now/)).toBeTruthy()
  await expectText('The document has moved on: rebase the amendment first.')
  await userEvent.click(notice.getByTestId('rebase'))
  await waitFor(() => expect(wire.seen).toContain(`POST /amendments/${amendmentIds.merges}/rebase`))
})

test('what conflicts is written by a person, beside what is in force', async () => {
  const sent: unknown[] = []
  await renderApp(opened(amendmentIds.conflicts), {
    overrides: {
      [`PUT /amendments/${amendmentIds.conflicts}/draft`]: ({ body }) => {
        sent.push(body)
        return sent.length === 1 ? refusal('precondition-failed', 'Read it again.') : null
      },
    },
  })
  expect((await screen.findByTestId('rebase-notice')).textContent).toContain('changed the same lines otherwise')
  expect(screen.queryByTestId('rebase')).toBeNull()
  await userEvent.click(await screen.findByTestId('edit-draft'))
  const editor = within(await screen.findByTestId('draft-editor'))
  expect(editor.getByText(/A failed check stops what it checks/)).toBeTruthy()
  fireEvent.change(editor.getByLabelText('Draft'), { target: { value: '# Both\n' } })
  await userEvent.type(editor.getByLabelText(/^What you changed/), 'Both.')
  await userEvent.click(editor.getByTestId('save-draft'))
  expect(await editor.findByText('Read it again.')).toBeTruthy()
  await userEvent.click(editor.getByTestId('save-draft'))
  await waitFor(() =>
    expect(sent[1]).toEqual({ draft: '# Both\n', note: 'Both.', expectedRevision: 2, baseVersion: 2 }),
  )
  await screen.findByTestId('amendment-diff')
})

test('a draft on what is in force is edited alone, and can be left as it is', async () => {
  await renderApp(opened(amendmentIds.drift))
  await userEvent.click(await screen.findByTestId('edit-draft'))
  expect(screen.getByTestId('save-draft')).toHaveProperty('disabled', true)
  await userEvent.click(screen.getByText('Leave it'))
  await screen.findByTestId('amendment-diff')
})

test('a decided amendment says how, by whom and why; one that is not there says so', async () => {
  const { router } = await renderApp(opened(amendmentIds.ratified))
  const outcome = within(await screen.findByTestId('amendment-outcome'))
  expect(outcome.getByText('It is right.')).toBeTruthy()
  expect(outcome.getByText('Ada Novak')).toBeTruthy()
  await router.navigate({ to: '/amendments/$amendmentId', params: { amendmentId: uuid(9) } })
  await expectText('There is no amendment with this id.')
})

test('documents say what is in force of each; a new one is proposed with its first text', async () => {
  const { wire, address } = await renderApp('/documents')
  const table = within(await screen.findByTestId('document-table'))
  expect(table.getAllByText('version 2')).toHaveLength(2)
  await userEvent.click(screen.getByTestId('add-document'))
  const dialog = within(await screen.findByRole('dialog'))
  await userEvent.type(dialog.getByLabelText('Name'), 'safety')
  expect(dialog.getByText(/\.md at the end/)).toBeTruthy()
  await userEvent.type(dialog.getByLabelText('Name'), '.md')
  await userEvent.type(dialog.getByLabelText(/^Text/), '# Safety')
  await userEvent.type(dialog.getByLabelText('Reason'), 'We need one.')
  await userEvent.click(dialog.getByTestId('save-document'))
  await waitFor(() => expect(wire.seen).toContain('POST /documents'))
  await waitFor(() => expect(address()).toBe(opened(amendmentIds.drift)))
})

test('a document shows its text, its versions and what one changed', async () => {
  const { address } = await renderApp('/documents/QA.md')
  expect((await screen.findByTestId('document-text')).textContent).toContain('A failed check stops')
  const versions = within(await screen.findByTestId('versions'))
  await userEvent.click(await versions.findByText('2'))
  await waitFor(() => expect(address()).toBe('/documents/QA.md?from=1&to=2'))
  await screen.findByTestId('diff')
  await userEvent.click(screen.getByTestId('diff-shape'))
  await waitFor(() => expect(address()).toBe('/documents/QA.md?from=1&to=2&view=split'))
  await userEvent.click(screen.getByText('Back to what is in force'))
  await screen.findByTestId('document-text')
})

test('a change of a document is proposed from the text that was read', async () => {
  const sent: unknown[] = []
  const { address } = await renderApp('/documents/QA.md', {
    overrides: {
      'PUT /documents/QA.md': ({ body }) => {
        sent.push(body)
        return sent.length === 1 ? refusal('precondition-failed', 'It has version 3 by now.') : null
      },
    },
  })
  await userEvent.click(await screen.findByTestId('change-document'))
  await userEvent.click(screen.getByText('Leave it'))
  await userEvent.click(screen.getByTestId('change-document'))
  const form = within(screen.getByTestId('change-form'))
  fireEvent.change(form.getByLabelText('Text'), { target: { value: '# Mine\n' } })
  await userEvent.type(form.getByLabelText('Title'), 'Mine')
  await userEvent.click(form.getByRole('combobox', { name: /^Severity/ }))
  await userEvent.click(await screen.findByRole('option', { name: 'critical' }))
  await userEvent.type(form.getByLabelText('Reason'), 'Because.')
  await userEvent.click(form.getByTestId('propose-change'))
  expect(await form.findByText('It has version 3 by now.')).toBeTruthy()
  await userEvent.click(form.getByTestId('propose-change'))
  await waitFor(() => expect(address()).toBe(opened(amendmentIds.drift)))
  expect(sent[1]).toEqual({
    text: '# Mine\n',
    title: 'Mine',
    reason: 'Because.',
    severity: 'critical',
    expectedDigest: 'sha256:in-force',
  })
})

test('a document without a ratified text says what to do', async () => {
  await renderApp('/documents/NEW.md')
  await expectText('Ratify the amendment that brings its first text.')
  await expectText('No version yet')
})

function approvalOf(asked: unknown) {
  return {
    approvalId: uuid(650),
    operation: 'amendments.ratify',
    subject: 'document/QA.md',
    environment: 'production',
    impact: 'HIGH',
    parameters: {},
    reason: 'r',
    actionDigest: 'sha256:a',
    policyDigest: 'sha256:p',
    requiredApprovers: 1,
    approverRole: 'admin',
    requireReview: false,
    state: 'pending',
    because: { rule: 'r', observed: null, limit: null, text: 't' },
    requestedBy: 'Ada Novak',
    votes: [],
    createdAt: new Date().toISOString(),
    expiresAt: new Date().toISOString(),
    ...Object(asked),
  }
}
