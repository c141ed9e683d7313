import type { ProofFile } from '@metaagent/contract'
import { expect, test } from 'vitest'
import { agentIdOf, telecomReleases } from '../stage/example-runs.ts'
import { expectAddress, expectCount, expectShown, expectText } from '../stage/expectations.ts'
import type { Stage } from '../stage/stage.ts'
import type { Visit } from '../stage/visit.ts'

/** Comparing two releases, and the proof that the decision stands in the ledger. */
export function decisionJourneys(stage: Stage): void {
  const choose = async ({ page }: Visit, field: string, option: string) => {
    await page.getByRole('combobox', { name: field }).click()
    await page.getByRole('option', { name: option }).first().click()
  }
  const decide = async (visit: Visit, policy: 'Guarded' | 'Success only') => {
    await visit.page.getByTestId('new-comparison').first().click()
    await choose(visit, 'Agent', 'tau2-telecom')
    await choose(visit, 'Control', `${telecomReleases.control} (`)
    await choose(visit, 'Candidate', telecomReleases.candidate)
    await visit.page.getByText(policy, { exact: true }).click()
    await visit.page.getByTestId('decide').click()
    await expectAddress(visit.page, /^\/comparisons\/[0-9a-f-]{36}$/)
  }

  test('guarded holds a better candidate that is not proven safe, and its decision is proven in this browser', async () => {
    const visit = await stage.visit('/comparisons')
    const { page } = visit
    // Until the decision is in the tree, its proof is asked for again.
    visit.expectComplaint(/status of 409/)
    await decide(visit, 'Guarded')
    const verdict = page.getByTestId('verdict')
    await expectText(verdict, /hold.*75\.0 % against 45\.0 %.*duration is not proven safe: 1\.015 times/)
    await expectText(verdict, /duration-not-proven-safe ?saw 1\.27\d* ?limit 1\.1/)
    await expectText(page.getByTestId('discordants'), /^0 ?control better ?12 ?candidate better$/)
    // The fine-tuned model's cost is unknown and stays unknown.
    await expectShown(page.getByRole('row', { name: /^Cost \$[\d.]+ unknown: No cost was reported/ }))
    await page.getByTestId('verify-decision').click()
    await expectAddress(page, /^\/ledger\/entries\/\d+\?verify=true$/)
    await expectText(page.getByTestId('verification'), /The proof holds/)
    await expectText(page.getByTestId('entry-fields'), /payload\.verdict ?hold/)
  })

  test('success-only promotes the same candidate, and both decisions stand in the list', async () => {
    const visit = await stage.visit('/comparisons')
    await decide(visit, 'Success only')
    await expectText(visit.page.getByTestId('verdict'), /promote.*exact McNemar p = 0\.0004883, below 0\.05/)
    await visit.page.getByRole('link', { name: 'Comparisons' }).click()
    await expectShown(
      visit.page
        .getByTestId('comparison-table')
        .getByRole('row', { name: /promote/ })
        .first(),
    )
    await visit.page.goto(`${stage.server.url}/?window=7d`)
    await expectText(visit.page.getByTestId('changes'), /tau2-telecom: promote/)
  })

  test('a release is not compared with itself, and the form says so', async () => {
    const agentId = await agentIdOf(stage, 'tau2-telecom')
    const { page } = await stage.visit(`/comparisons/new?agentId=${agentId}&control=gpt-4.1&candidate=gpt-4.1`)
    await expectShown(page.getByText('Choose two different releases.'))
    expect(await page.getByTestId('decide').isDisabled()).toBe(true)
  })

  test('the ledger is browsed, filtered and opened, and any entry is verified here', async () => {
    const { page } = await stage.visit('/ledger')
    await expectText(page.getByTestId('ledger-memory'), /The signature is good/)
    await choose({ page } as Visit, 'Kind', 'People, keys, sessions')
    await expectAddress(page, /type=identity/)
    const rows = page.getByTestId('ledger-table').locator('tbody tr')
    await expectText(rows.first(), /identity\./)
    await rows.last().click()
    await expectAddress(page, /^\/ledger\/entries\/\d+$/)
    await page.getByTestId('verify').click()
    await expectText(page.getByTestId('verification'), /The proof holds/)
    const waiting = page.waitForEvent('download')
    await page.getByTestId('download-proof').click()
    const file = await (await waiting).path()
    expect(await stage.server.run(['verify', file])).toMatch(/^VERIFIED/)
  })

  test.each([
    ['another text of the entry', (file: ProofFile) => ({ ...file, entry: file.entry.replace('session', 'sessiom') })],
    ['another place in the tree', (file: ProofFile) => ({ ...file, index: file.index + 1 })],
    ['another neighbour', (file: ProofFile) => ({ ...file, proof: file.proof.toReversed() })],
    [
      'a checkpoint that nobody signed',
      (file: ProofFile) => ({
        ...file,
        checkpoint: file.checkpoint.replace(/\n(\d+)\n/, (_, size) => `\n${Number(size) + 1}\n`),
      }),
    ],
  ])('a proof with %s is refused', async (_, tamper) => {
    const { page } = await stage.visit('/ledger/entries/3')
    await expectShown(page.getByTestId('entry-fields'))
    await page.route(/\/ledger\/entries\/3\/proof$/, async (route) => {
      const honest = (await (await route.fetch()).json()) as ProofFile
      const tampered = tamper(honest)
      expect(tampered).not.toEqual(honest)
      await route.fulfill({ json: tampered })
    })
    await page.getByTestId('verify').click()
    await expectText(page.getByTestId('verification'), /The proof does not hold/)
    await expectCount(page.getByTestId('verification').locator('li[data-state=failed]'), 1)
    await page.unrouteAll()
    await page.getByTestId('verify').click()
    await expectText(page.getByTestId('verification'), /The proof holds/)
  })

  test('a log that went back raises an alarm in a browser that saw more of it', async () => {
    const readStatus = async () => (await stage.api<{ treeSize: number }>('GET', '/api/v1/ledger')).body
    const older = await readStatus()
    await stage.invite('viewer')
    await expect.poll(async () => (await readStatus()).treeSize).toBeGreaterThan(older.treeSize)
    const { page } = await stage.visit('/ledger')
    await expectText(page.getByTestId('ledger-memory'), /The signature is good/)
    await page.route(/\/api\/v1\/ledger$/, (route) => route.fulfill({ json: older }))
    await page.reload()
    await expectShown(page.getByRole('alert'))
    await expectText(page.getByTestId('ledger-memory'), /The log went back/)
  })
}
