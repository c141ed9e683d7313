import { Button, Textarea, TextInput } from '@mantine/core'
import type { PublishedDependency } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { playbookApi, playbookQueries } from '../../api/playbooks.ts'
import { queries } from '../../api/queries.ts'
import { plural } from '../../format/number.ts'
import { Actor } from '../../ui/actor.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import { readJson } from './json-text.ts'
import classes from './playbooks.module.css'
import { PlaybookTabs } from './tabs.tsx'

/** What macros rely on: the version and shape that each provider publishes, and whom it blocks. */
export function MacroDependenciesPage() {
  const list = useQuery(playbookQueries.dependencies())
  const me = useQuery(queries.me())
  return (
    <>
      <PageHead
        title="Dependencies of macros"
        tab="Dependencies of macros"
        lead="A provider publishes its version and the shape of what passes. A macro that it breaks is blocked at once."
      />
      <PlaybookTabs />
      {list.error !== null ? (
        <ProblemPanel error={list.error} onRetry={() => void list.refetch()} />
      ) : list.data === undefined ? (
        <Placeholder height={360} />
      ) : (
        <div className={classes['parts']}>
          {list.data.missing.map((name) => (
            <Panel key={name} title={name} testId="missing-dependency">
              <MarkedWord tone="failing" word="never published" />
              <p className="soft">Macros that need it are blocked until it is.</p>
            </Panel>
          ))}
          {list.data.items.map((one) => (
            <Published key={one.name} dependency={one} />
          ))}
          {list.data.items.length + list.data.missing.length > 0 ? null : (
            <Panel>
              <Empty title="No macro relies on anything">
                Name what a macro relies on in its definition, under <code>dependencies</code>. Providers publish
                themselves here, by the API, or by an event of the type <code>macro_dependency.published</code>.
              </Empty>
            </Panel>
          )}
          {me.data?.scopes.includes('playbooks:write') === true ? <Publish names={list.data.missing} /> : null}
        </div>
      )}
    </>
  )
}

function Published({ dependency }: { readonly dependency: PublishedDependency }) {
  const { name, version, schema, revision, source, publishedAt, usedBy } = dependency
  return (
    <Panel
      title={name}
      note={
        <>
          {version}, publication {revision}, by <Actor name={source} />, <Ago at={publishedAt} />
        </>
      }
      testId="published-dependency"
    >
      <div className={classes['parts']}>
        {usedBy.length === 0 ? (
          <p className="soft">No macro relies on it.</p>
        ) : (
          <ul className={classes['used']} aria-label={`${plural(usedBy.length, 'macro')} on ${name}`}>
            {usedBy.map(({ macro, direction, range, blocked }) => (
              <li key={`${macro} ${direction}`}>
                <MarkedWord tone={blocked ? 'failing' : 'healthy'} word={blocked ? 'blocks' : 'fits'} />{' '}
                <Link to="/playbooks/$macro" params={{ macro }}>
                  {macro}
                </Link>{' '}
                <span className="soft">
                  which {direction === 'reading' ? 'reads from it' : 'writes to it'}, made for <code>{range}</code>
                </span>
              </li>
            ))}
          </ul>
        )}
        <details>
          <summary>Its shape</summary>
          <JsonView value={schema} what="the schema" />
        </details>
      </div>
    </Panel>
  )
}

function Publish({ names }: { readonly names: readonly string[] }) {
  const client = useQueryClient()
  const [name, setName] = useState(names[0] ?? '')
  const [version, setVersion] = useState('')
  const [text, setText] = useState('{\n  "type": "object"\n}')
  const read = schemaIn(text)
  const publish = useMutation({
    mutationFn: () =>
      playbookApi.publish(name.trim(), {
        version: version.trim(),
        schema: read.schema ?? false,
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['playbooks'] }),
  })
  return (
    <Panel title="Publish" note="In the name of a provider that does not do it itself" testId="publish-dependency">
      <form
        className={classes['parts']}
        onSubmit={(event) => {
          event.preventDefault()
          publish.mutate()
        }}
      >
        <div className={classes['fields']}>
          <TextInput label="Provider" value={name} onChange={({ currentTarget }) => setName(currentTarget.value)} />
          <TextInput
            label="Version"
            placeholder="2.3.1"
            value={version}
            onChange={({ currentTarget }) => setVersion(currentTarget.value)}
          />
        </div>
        <Textarea
          label="JSON Schema of what passes"
          className={classes['source'] ?? ''}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          rows={10}
          error={read.schema === null ? read.fault : null}
        />
        {publish.error === null ? null : <ProblemPanel error={publish.error} compact />}
        <div className={classes['buttons']}>
          <Button
            type="submit"
            loading={publish.isPending}
            disabled={read.schema === null || name.trim() === '' || version.trim() === ''}
            data-testid="publish"
          >
            Publish
          </Button>
        </div>
      </form>
    </Panel>
  )
}

type Read = { readonly schema: boolean | Record<string, unknown> } | { readonly schema: null; readonly fault: string }

/** The text as a JSON Schema, or why it is none by its form. */
function schemaIn(text: string): Read {
  const read = readJson(text)
  if (!read.ok) return { schema: null, fault: read.fault }
  const { value } = read
  if (typeof value === 'boolean') return { schema: value }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { schema: { ...value } }
    : { schema: null, fault: 'A JSON Schema is an object, true or false.' }
}
