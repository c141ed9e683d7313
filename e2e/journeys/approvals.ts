import type { ApprovalRequest } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { expectAddress, expectGone, expectShown, expectText } from '../stage/expectations.ts'
import type { Stage } from '../stage/stage.ts'
import type { Visit } from '../stage/visit.ts'

/** Asks for the approval of an action that nobody has asked for before; answers its subject. */
export async function askForApproval(
  { api }: Stage,
  impact: 'HIGH' | 'CRITICAL',
  subject: string,
): Promise<ApprovalRequest> {
  const reply = await api<ApprovalRequest>('POST', '/api/v1/approvals', {
    operation: 'rollouts.promote',
    subject,
    environment: 'production',
    impact,
    parameters: { from: 'v1', to: 'v2', traffic: '100 %' },
    reason: 'The candidate succeeds more often on every unit that both tried.',
  })
  expect(reply.status).toBe(201)
  return reply.body
}

/** Who may say yes to what, and that it is said in the dashboard. */
export function approvalJourneys(stage: Stage): void {
  const enter = async (role: 'admin' | 'viewer') => {
    const { pathname, hash } = new URL(await stage.invite(role))
    const visit = await stage.visit(`${pathname}${hash}`, { as: 'nobody' })
    await visit.page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: /^Approvals/ })
      .click()
    await expectAddress(visit.page, '/approvals')
    return visit
  }
  const cardOf = ({ page }: Visit, subject: string) => page.getByTestId('approval').filter({ hasText: subject })

  test('whoever asked cannot approve; somebody else can, and it is written down who', async () => {
    const { approvalId } = await askForApproval(stage, 'HIGH', 'agent/alpha')
    const author = await stage.visit('/approvals')
    author.expectComplaint(/status of 40[39]/)
    const asked = cardOf(author, 'agent/alpha')
    await expectText(asked, /high impact/)
    await expectText(author.page.getByTestId('nav'), /Approvals ?\d+ waiting/)
    await asked.getByTestId('approve').click()
    await expectShown(asked.getByTestId('problem'))

    const other = await enter('admin')
    const card = cardOf(other, 'agent/alpha')
    await card.getByLabel('Review').fill('I looked at the pairs.')
    await card.getByTestId('approve').click()
    await expectGone(card)
    await other.page.getByRole('combobox', { name: 'State' }).click()
    await other.page.getByRole('option', { name: 'approved' }).click()
    await expectAddress(other.page, '/approvals?state=approved')
    await expectText(card, /approve by .*I looked at the pairs\..*This request is approved/)
    const { body } = await stage.api<ApprovalRequest>('GET', `/api/v1/approvals/${approvalId}`)
    expect([body.state, body.votes.length]).toEqual(['approved', 1])
  })

  test('what is critical needs two people, each with a review; one no is enough to refuse', async () => {
    await askForApproval(stage, 'CRITICAL', 'agent/beta')
    const first = await enter('admin')
    const card = cardOf(first, 'agent/beta')
    await expectText(card, /2 admins must agree/)
    expect(await card.getByTestId('approve').isDisabled()).toBe(true)
    await card.getByLabel('Review (required)').fill('Checked the guardrails.')
    await card.getByTestId('approve').click()
    await expectText(card, /Approved ?1 of 2 admins/)
    const second = await enter('admin')
    await cardOf(second, 'agent/beta').getByTestId('reject').click()
    await expectGone(cardOf(second, 'agent/beta'))
  })

  test('a viewer sees what waits, and that it is not for them to decide', async () => {
    await askForApproval(stage, 'HIGH', 'agent/gamma')
    const viewer = await enter('viewer')
    const card = cardOf(viewer, 'agent/gamma')
    await expectText(card, /You may not decide this: 1 admin must agree/)
    expect(await card.getByTestId('approve').count()).toBe(0)
  })
}
