import { Button, TextInput } from '@mantine/core'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { Facts, Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './masking.module.css'

/** Turns a token back for who may, with a reason that is journaled; or destroys the key of its value. */
export function RevealPanel() {
  const { data: me } = useSuspenseQuery(queries.me())
  const [token, setToken] = useState('')
  const [reason, setReason] = useState('')
  const reveal = useMutation({ mutationFn: () => api.revealToken({ token: token.trim(), reason: reason.trim() }) })
  const erase = useMutation({
    mutationFn: () => api.eraseToken({ token: token.trim(), reason: reason.trim() }),
    onSuccess: () => reveal.reset(),
  })
  if (!me.scopes.includes('masking:reveal')) return null
  const isReady = token.trim() !== '' && reason.trim() !== ''
  const error = reveal.error ?? erase.error
  return (
    <Panel title="Turn a token back" note="Who looked, when and why goes into the ledger." testId="masking-reveal">
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          erase.reset()
          reveal.mutate()
        }}
      >
        <TextInput
          label="Token"
          placeholder="[token:email:…]"
          value={token}
          onChange={({ currentTarget }) => setToken(currentTarget.value)}
        />
        <TextInput
          label="Why"
          value={reason}
          maxLength={2000}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
        />
        {error === null ? null : <ProblemPanel error={error} compact />}
        <div aria-live="polite">
          {reveal.data === undefined ? null : (
            <Facts
              items={[
                ['Value', <code key="value">{reveal.data.value}</code>, 'wide'],
                ['First seen', <Instant key="seen" at={reveal.data.firstSeenAt} precision="minute" />],
              ]}
            />
          )}
          {erase.data === undefined ? null : <p>The key is destroyed. Nobody can turn this token back.</p>}
        </div>
        <div className={classes['buttons']}>
          <Button
            variant="subtle"
            color="red"
            disabled={!isReady}
            loading={erase.isPending}
            onClick={() => erase.mutate()}
          >
            Erase for ever
          </Button>
          <Button type="submit" variant="default" disabled={!isReady} loading={reveal.isPending} data-testid="reveal">
            Show the value
          </Button>
        </div>
      </form>
    </Panel>
  )
}
