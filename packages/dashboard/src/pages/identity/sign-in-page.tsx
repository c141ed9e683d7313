import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { Logo } from '../../ui/icon.tsx'
import { PageHead, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { tokenOf } from './search.ts'
import classes from './sign-in-page.module.css'

/** The door: a one-time link (`/sign-in#token=…`) signs in by itself, everybody else gives e-mail and password. */
export function SignInPage() {
  const { next } = useSearch({ from: '/sign-in' })
  const router = useRouter()
  const client = useQueryClient()
  const [token] = useState(() => tokenOf(window.location.hash))
  const enter = useMutation({
    mutationFn: api.signIn,
    onSuccess: async () => {
      client.clear()
      await router.navigate({ href: next ?? '/', replace: true })
    },
  })
  useLinkToken(token, enter.mutate)
  return (
    <main className={classes['page']}>
      <div className={classes['card']}>
        <Logo size={40} />
        <PageHead title="Sign in to MetaAgent" tab="Sign in" lead="The control plane that keeps your AI agents good." />
        {token !== null && enter.isPending ? (
          <Placeholder height={180} label="Signing in with the one-time link" />
        ) : (
          <>
            {enter.error === null ? null : <ProblemPanel error={enter.error} compact />}
            <PasswordForm busy={enter.isPending} onSubmit={enter.mutate} />
            <p className={classes['hint']}>
              First time here? The server prints a one-time sign-in link when it starts. An admin can also make one for
              you.
            </p>
          </>
        )}
      </div>
    </main>
  )
}

// A one-time link works once, also when the page is mounted twice: tokens that were sent stand here.
const sentTokens = new Set<string>()

function useLinkToken(token: string | null, send: (input: { linkToken: string }) => void): void {
  useEffect(() => {
    if (token === null || sentTokens.has(token)) return
    sentTokens.add(token)
    // The token must not stay in the address bar or in the history.
    window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search)
    send({ linkToken: token })
  }, [token, send])
}

function PasswordForm({
  busy,
  onSubmit,
}: {
  readonly busy: boolean
  readonly onSubmit: (input: { email: string; password: string }) => void
}) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    onSubmit({ email: String(form.get('email')), password: String(form.get('password')) })
  }
  return (
    <form onSubmit={submit} className={classes['form']} data-testid="sign-in-form">
      <TextInput name="email" type="email" label="E-mail" autoComplete="username" required size="sm" />
      <PasswordInput name="password" label="Password" autoComplete="current-password" required size="sm" />
      <Button type="submit" size="sm" loading={busy} fullWidth>
        Sign in
      </Button>
    </form>
  )
}
