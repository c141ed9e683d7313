import { Button, PasswordInput } from '@mantine/core'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { type FormEvent, useRef } from 'react'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { MarkedWord } from '../../ui/mark.tsx'
import { Facts, PageHead, Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant, Unknown } from '../../ui/value.tsx'
import classes from './api-keys-page.module.css'

/** Who one is here, what one may do, and one's password. */
export function AccountPage() {
  const { data: me } = useSuspenseQuery(queries.me())
  return (
    <>
      <PageHead title="Your account" tab="Account" lead={me.organization.name} />
      <div className={classes['form']} style={{ maxWidth: '48rem' }}>
        <Panel title="You">
          <Facts
            items={[
              ['Name', me.user?.displayName ?? <Unknown key="name" why="No name was given." />],
              ['E-mail', me.user?.email ?? <Unknown key="mail" why="None is known." />],
              ['Role', me.role ?? <Unknown key="role" why="This credential has scopes, not a role." />],
              ['Signed in by', me.credential.replace('_', ' ')],
              ['Until', <Instant key="until" at={me.expiresAt} why="It does not end by itself." />],
            ]}
          />
        </Panel>
        <Panel title="What you may do">
          <p className="soft">{me.scopes.join(', ')}</p>
        </Panel>
        {me.user === null ? null : <PasswordPanel />}
      </div>
    </>
  )
}

function PasswordPanel() {
  const form = useRef<HTMLFormElement>(null)
  const save = useMutation({ mutationFn: api.setPassword, onSuccess: () => form.current?.reset() })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    const current = String(values.get('current') ?? '')
    save.mutate({ password: String(values.get('password')), ...(current === '' ? {} : { current }) })
  }
  return (
    <Panel
      title="Password"
      note="With one you can sign in without a one-time link. Your other sessions end when it changes."
      testId="password-panel"
    >
      <form ref={form} className={classes['form']} onSubmit={submit}>
        <PasswordInput
          name="current"
          label="Present password"
          description="Empty if you have none yet."
          autoComplete="current-password"
        />
        <PasswordInput
          name="password"
          label="New password"
          description="At least 12 characters; a sentence is fine."
          autoComplete="new-password"
          required
          minLength={12}
        />
        {save.error === null ? null : <ProblemPanel error={save.error} compact />}
        <div className={classes['buttons']}>
          {save.isSuccess ? <MarkedWord tone="healthy" word="saved" /> : null}
          <Button type="submit" loading={save.isPending}>
            Set the password
          </Button>
        </div>
      </form>
    </Panel>
  )
}
