import { Button, NumberInput } from '@mantine/core'
import type { GatewayDryRunResult, GatewayRules } from '@metaagent/contract'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { gatewayApi } from '../../api/gateway.ts'
import { plural } from '../../format/number.ts'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './gateway.module.css'
import { Sentences } from './sentences.tsx'
import { DecisionMark, destinationWords } from './words.tsx'

const tones: Readonly<Record<GatewayDryRunResult['changes'][number]['effect'], Tone>> = {
  stricter: 'healthy',
  looser: 'failing',
  elsewhere: 'degraded',
}

/** What the rules on the page would have decided on what was routed before. */
export function DryRunPanel({
  rules,
  known,
  isReady,
}: {
  readonly rules: GatewayRules
  /** Warnings about the rules that hold, which the page shows already. */
  readonly known: readonly string[]
  readonly isReady: boolean
}) {
  const [days, setDays] = useState(30)
  const trial = useMutation({ mutationFn: () => gatewayApi.dryRun(rules, days) })
  return (
    <Panel
      title="Try them on the past"
      note="Payloads were not kept: what was found in them was."
      testId="gateway-dry-run"
    >
      <div className={classes['column']}>
        <div className={classes['try']}>
          <NumberInput
            label="Days"
            min={1}
            max={365}
            value={days}
            onChange={(value) => setDays(typeof value === 'number' ? Math.min(365, Math.max(1, value)) : 30)}
            w={110}
          />
          <Button
            variant="default"
            disabled={!isReady}
            loading={trial.isPending}
            onClick={() => trial.mutate()}
            data-testid="dry-run"
          >
            Try on the past
          </Button>
        </div>
        {trial.error === null ? null : <ProblemPanel error={trial.error} compact />}
        <div aria-live="polite" className={classes['column']}>
          {trial.data === undefined ? null : <Result result={trial.data} known={known} />}
        </div>
      </div>
    </Panel>
  )
}

function Result({ result, known }: { readonly result: GatewayDryRunResult; readonly known: readonly string[] }) {
  const { warnings, routes, isComplete, stricter, looser, changes } = result
  const changed = changes.reduce((sum, { count }) => sum + count, 0)
  return (
    <div className={classes['column']} data-testid="dry-run-result">
      <Sentences title="Most likely not meant:" lines={warnings.filter((warning) => !known.includes(warning))} />
      <p>
        {routes === 0
          ? 'Nothing was routed in that time.'
          : changed === 0
            ? `All ${plural(routes, 'decision')} would have been the same.`
            : `${changed} of ${plural(routes, 'decision')} would have been others: ${stricter} stricter, ${looser} looser.`}
        {isComplete ? '' : ' There are more: the newest were looked at.'}
      </p>
      {changes.length === 0 ? null : (
        <ul className={classes['rows']}>
          {changes.map(({ agent, asked, count, effect, from, to }) => (
            <li key={`${agent} ${destinationWords(asked)} ${from.sensitivity} ${from.because.rule} ${to.because.rule}`}>
              <MarkedWord tone={tones[effect]} word={effect} /> {plural(count, 'time')} <strong>{agent}</strong> to{' '}
              {destinationWords(asked)}
              <div className={classes['turn']}>
                <DecisionMark decision={from.decision} /> <span aria-label="then">→</span>{' '}
                <DecisionMark decision={to.decision} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
