import { Button, Textarea, TextInput } from '@mantine/core'
import type { MaskingSettings } from '@metaagent/contract'
import { useMutation } from '@tanstack/react-query'
import { type KeyboardEvent, useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { plural } from '../../format/number.ts'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { piecesOf } from './draft.ts'
import classes from './masking.module.css'

/** A text, and what the settings on this page, saved or not, would leave of it. Nothing of it is kept. */
export function TryPanel({ settings, isSaved }: { readonly settings: MaskingSettings; readonly isSaved: boolean }) {
  const [text, setText] = useState('')
  const [field, setField] = useState('')
  const trial = useMutation({
    mutationFn: async () => {
      const result = await api.tryMasking({ text, settings, ...(field.trim() === '' ? {} : { field: field.trim() }) })
      return { ...result, original: text }
    },
  })
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && text !== '') trial.mutate()
  }
  return (
    <Panel
      title="Try it"
      note={isSaved ? 'With the settings that hold. Nothing is kept.' : 'With your unsaved changes. Nothing is kept.'}
      testId="masking-try"
    >
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          trial.mutate()
        }}
      >
        <Textarea
          label="Text"
          placeholder="Please call me at 604-696-5272 or write to ada@example.com"
          rows={5}
          resize="vertical"
          maxLength={100_000}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <TextInput
          label="In the field"
          description="A name such as phone_number tells what a bare value is."
          value={field}
          maxLength={300}
          onChange={({ currentTarget }) => setField(currentTarget.value)}
        />
        <div className={classes['buttons']}>
          <Button type="submit" variant="default" disabled={text === ''} loading={trial.isPending} data-testid="try">
            Try
          </Button>
        </div>
        {trial.error === null ? null : <ProblemPanel error={trial.error} compact />}
        <div aria-live="polite" className={classes['form']}>
          {trial.data === undefined ? null : <Result {...trial.data} />}
        </div>
      </form>
    </Panel>
  )
}

function Result({
  original,
  text,
  finds,
}: {
  readonly original: string
  readonly text: string
  readonly finds: readonly { readonly start: number; readonly end: number; readonly rule: string }[]
}) {
  if (finds.length === 0) return <p data-testid="try-result">Nothing would be masked.</p>
  return (
    <>
      <p>{plural(finds.length, 'value')} would be masked:</p>
      <pre className={classes['result']}>
        {piecesOf(original, finds).map(({ text: piece, start, rule }) =>
          rule === null ? (
            piece
          ) : (
            <mark key={start} title={rule}>
              {piece}
            </mark>
          ),
        )}
      </pre>
      <p>What would be stored:</p>
      <pre className={classes['result']} data-testid="try-result">
        {text}
      </pre>
      <ul className={classes['finds']}>
        {finds.map(({ start, end, rule }) => (
          <li key={start}>
            <code>{rule}</code> at {start} to {end}
          </li>
        ))}
      </ul>
    </>
  )
}
