import { expect, test } from 'vitest'
import { expectAddress, expectShown, expectText } from '../stage/expectations.ts'
import type { Stage } from '../stage/stage.ts'
import type { Visit } from '../stage/visit.ts'

const refusedSignIn = /status of (401|410)/

/** Ways in and out: links, password, where one wanted to go, the end of a session. */
export function signInJourneys(stage: Stage): void {
  const enter = async (link: string) => {
    const { pathname, hash } = new URL(link)
    return await stage.visit(`${pathname}${hash}`, { as: 'nobody' })
  }
  const expectInside = ({ page }: Visit) => expectShown(page.getByRole('navigation', { name: 'Main' }))

  test('a one-time link signs in once, with the role it was made for, and leaves no token in the address', async () => {
    const link = await stage.invite('viewer')
    const first = await enter(link)
    await expectInside(first)
    await expectText(first.page.getByTestId('nav'), /viewer/)
    await expectAddress(first.page, '/')
    expect(first.page.url()).not.toContain('token')

    const second = await enter(link)
    second.expectComplaint(refusedSignIn)
    await expectShown(second.page.getByTestId('problem'), second.page.getByTestId('sign-in-form'))
    expect(second.page.url()).not.toContain('token')
    await first.page.reload()
    await expectInside(first)
  })

  test('the link that the first start printed is used up', async () => {
    const visit = await enter(String(stage.server.signInLink))
    visit.expectComplaint(refusedSignIn)
    await expectShown(visit.page.getByTestId('problem'))
  })

  const password = 'a sentence that nobody guesses'

  /** A new person who has chosen a password on the account page; answers their e-mail. */
  const personWithPassword = async () => {
    const { page } = await enter(await stage.invite('developer'))
    await page.getByTitle(/^Your account/).click()
    const email = await page
      .getByText(/@example\.com/)
      .first()
      .textContent()
    await page.getByLabel('New password').fill(password)
    await page.getByRole('button', { name: 'Set the password' }).click()
    await expectShown(page.getByText('saved'))
    return /\S+@example\.com/.exec(String(email))?.[0] ?? ''
  }
  const signIn = async ({ page }: Visit, email: string, attempt: string) => {
    await page.getByLabel('E-mail').fill(email)
    await page.locator('[name=password]').fill(attempt)
    await page.keyboard.press('Enter')
  }

  test('a password made on the account page signs in, after a wrong one was refused, and leads to the wanted page', async () => {
    const email = await personWithPassword()
    const visit = await stage.visit('/executions?status=failure', { as: 'nobody' })
    visit.expectComplaint(refusedSignIn)
    await expectAddress(visit.page, /^\/sign-in\?next=/)
    await signIn(visit, email, 'a sentence that is wrong')
    await expectShown(visit.page.getByTestId('problem'))
    await signIn(visit, email, password)
    await expectInside(visit)
    await expectAddress(visit.page, '/executions?status=failure')
  })

  test('an address of another site is not where signing in leads', async () => {
    const email = await personWithPassword()
    const visit = await stage.visit(`/sign-in?next=${encodeURIComponent('//elsewhere.example/')}`, { as: 'nobody' })
    await signIn(visit, email, password)
    await expectInside(visit)
    await expectAddress(visit.page, '/')
  })

  test('sign-out ends the session here and on the server', async () => {
    const visit = await enter(await stage.invite('viewer'))
    await expectInside(visit)
    const { cookies } = await visit.state()
    await visit.page.getByRole('button', { name: 'Sign out' }).click()
    await expectAddress(visit.page, '/sign-in')
    visit.expectComplaint(refusedSignIn)
    await visit.page.goto(`${stage.server.url}/ledger`)
    await expectAddress(visit.page, /^\/sign-in\?next=/)
    // Whoever kept the cookie has nothing.
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    const reply = await fetch(`${stage.server.url}/api/v1/me`, { headers: { cookie } })
    expect(cookie).toContain('metaagent_session=')
    expect(reply.status).toBe(401)
  })
}
