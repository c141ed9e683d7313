import { Button, Select, Textarea, TextInput } from '@mantine/core'
import { type GatewayRules, type GatewayTrialResult, Sensitivity, sensitivities } from '@metaagent/contract'
import { useMutation } from '@tanstack/react-query'
import { type KeyboardEvent, useState } from 'react'
import { gatewayApi } from '../../api/gateway.ts'
import { BecauseList } from '../../ui/because-list.tsx'
import { Facts, Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './gateway.module.css'
import { DecisionMark, destinationWords, SensitivityMark } from './words.tsx'

/** A text, and where the rules on this page, saved or not, would let it go. Nothing of it is kept. */
export function TryPanel({
  rules,
  isSaved,
  isReady,
}: {
  readonly rules: GatewayRules
  readonly isSaved: boolean
  readonly isReady: boolean
}) {
  const [text, setText] = useState('')
  const [agent, setAgent] = useState('')
  const [to, setTo] = useState({ provider: '', model: '', region: '' })
  const [declared, setDeclared] = useState<Sensitivity | null>(null)
  const trial = useMutation({
    mutationFn: () =>
      gatewayApi.tryText({
        text,
        agent: agent.trim() === '' ? 'any agent' : agent.trim(),
        ...Object.fromEntries(
          Object.entries(to).flatMap(([name, value]) => (value.trim() === '' ? [] : [[name, value.trim()]])),
        ),
        ...(declared === null ? {} : { declared }),
        rules,
      }),
  })
  const canTry = text !== '' && isReady
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && canTry) trial.mutate()
  }
  return (
    <Panel
      title="Try it"
      note={isSaved ? 'With the rules that hold. Nothing is kept.' : 'With your unsaved changes. Nothing is kept.'}
      testId="gateway-try"
    >
      <form
        className={classes['column']}
        onSubmit={(event) => {
          event.preventDefault()
          trial.mutate()
        }}
      >
        <Textarea
          label="Text"
          placeholder="Refund ada@example.com, card 4111 1111 1111 1111"
          rows={4}
          resize="vertical"
          maxLength={400_000}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div className={classes['names']}>
          <TextInput
            label="Agent"
            placeholder="any agent"
            value={agent}
            maxLength={200}
            onChange={({ currentTarget }) => setAgent(currentTarget.value)}
          />
          <Select
            label="Declared"
            placeholder="nobody said"
            data={[...sensitivities]}
            value={declared}
            clearable
            onChange={(value) => setDeclared(Sensitivity.options.find((one) => one === value) ?? null)}
          />
          {(['provider', 'model', 'region'] as const).map((part) => (
            <TextInput
              key={part}
              label={`${part.charAt(0).toUpperCase()}${part.slice(1)}`}
              placeholder="unknown"
              value={to[part]}
              maxLength={200}
              onChange={({ currentTarget }) => setTo({ ...to, [part]: currentTarget.value })}
            />
          ))}
        </div>
        <div className={classes['buttons']}>
          <Button
            type="submit"
            variant="default"
            disabled={!canTry}
            loading={trial.isPending}
            data-testid="try-gateway"
          >
            Try
          </Button>
        </div>
        {trial.error === null ? null : <ProblemPanel error={trial.error} compact />}
        <div aria-live="polite" className={classes['column']}>
          {trial.data === undefined ? null : <Result result={trial.data} />}
        </div>
      </form>
    </Panel>
  )
}

function Result({ result }: { readonly result: GatewayTrialResult }) {
  const { decision, sensitivity, destination, isPrivate, because, raisedBecause, findings, redacted } = result
  const where = destination === null ? 'nowhere' : `${destinationWords(destination)}${isPrivate ? ', private' : ''}`
  return (
    <div className={classes['column']} data-testid="gateway-result">
      <Facts
        items={[
          ['Decision', <DecisionMark key="decision" decision={decision} filled />],
          ['Sensitivity', <SensitivityMark key="sensitivity" sensitivity={sensitivity} />],
          [decision === 'require-approval' ? 'To, once approved' : 'To', where, 'wide'],
        ]}
      />
      <BecauseList lines={[because, raisedBecause]} />
      {redacted?.text == null ? null : (
        <div>
          <p>{decision === 'redact' ? 'What would be sent:' : 'The same text, redacted:'}</p>
          <pre className={classes['redacted']} data-testid="gateway-redacted">
            {redacted.text}
          </pre>
        </div>
      )}
      {findings.length === 0 ? (
        <p className="soft">Nothing was found in it.</p>
      ) : (
        <ul className={classes['finds']}>
          {findings.map(({ path, start, end, rule, sensitivity: counts }) => (
            <li key={`${path} ${start}`}>
              <code>{rule}</code> at {start} to {end}, <SensitivityMark sensitivity={counts} />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
