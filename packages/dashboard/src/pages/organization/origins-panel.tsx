import { Button, Textarea } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { organizationApi, organizationQueries } from '../../api/organization.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './organization.module.css'
import { statusExample } from './status-example.ts'

/** Whose web pages may read the status, one origin a line, and an example that can be copied. */
export function OriginsPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const origins = useQuery(organizationQueries.origins())
  return (
    <Panel
      title="Health for other dashboards"
      note="Web pages of these origins may read agents, domains and environments with a key that has health:read alone"
      testId="origins"
    >
      {origins.error !== null ? (
        <ProblemPanel error={origins.error} compact onRetry={() => void origins.refetch()} />
      ) : origins.data === undefined ? (
        <Placeholder height={180} />
      ) : (
        <Editor key={origins.data.origins.join('\n')} saved={origins.data.origins} mayWrite={mayWrite} />
      )}
    </Panel>
  )
}

function Editor({ saved, mayWrite }: { readonly saved: readonly string[]; readonly mayWrite: boolean }) {
  const client = useQueryClient()
  const [text, setText] = useState(saved.join('\n'))
  const wanted = text.split(/\s+/).filter((line) => line !== '')
  const save = useMutation({
    mutationFn: () => organizationApi.changeOrigins(wanted),
    onSuccess: (answer) => client.setQueryData(organizationQueries.origins().queryKey, answer),
  })
  const example = statusExample(globalThis.location.origin)
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Textarea
        label="Allowed origins, one a line"
        description="As browsers send them: scheme and host, no path. Empty: no web page may read it; servers need the key only."
        placeholder="https://dashboard.example.com"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        disabled={!mayWrite}
        rows={4}
        classNames={{ input: classes['mono'] ?? '' }}
      />
      {save.error === null ? null : <ProblemPanel error={save.error} compact />}
      {mayWrite ? (
        <div className={classes['buttons']}>
          <Button
            type="submit"
            disabled={
              wanted.toSorted((a, b) => a.localeCompare(b)).join() ===
              saved.toSorted((a, b) => a.localeCompare(b)).join()
            }
            loading={save.isPending}
            data-testid="save-origins"
          >
            Save
          </Button>
        </div>
      ) : null}
      <div>
        <div className={classes['line']}>
          <strong>Put it on a page</strong>
          <CopyButton text={example} what="example" />
        </div>
        <pre className={classes['example']} data-testid="status-example">
          {example}
        </pre>
        <p className="soft">
          The key is made under <Link to="/settings/api-keys">API keys</Link> with the scope <code>health:read</code>{' '}
          alone, so it may live in a browser. <code>/api/v1/status</code> answers the same once.
        </p>
      </div>
    </form>
  )
}
