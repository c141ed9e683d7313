import { Button } from '@mantine/core'
import { formatProofFile } from '@metaagent/verify'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { api } from '../../api/endpoints.ts'
import { queries } from '../../api/queries.ts'
import { addressOf } from '../../api/request.ts'
import { downloadText } from '../../export/download.ts'
import { Icon } from '../../ui/icon.tsx'
import { Mark, type Tone } from '../../ui/mark.tsx'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './ledger.module.css'
import { disagreement, logOf } from './memory.ts'
import { fetchConsistency, recall, remember } from './use-ledger-memory.ts'
import { type Verification, type VerifyStep, verifySteps } from './verify-steps.ts'

/** Downloads the proof of an entry, as a file or to check it right here, step by step, without believing the server. */
export function VerifyPanel({ index, atOnce }: { readonly index: number; readonly atOnce: boolean }) {
  const client = useQueryClient()
  const fetchFile = async () => formatProofFile(await api.entryProof(index))
  const verify = useMutation({
    mutationFn: async () => {
      const { origin } = await client.fetchQuery(queries.ledger())
      const remembered = recall(origin)
      const file = await api.entryProof(index)
      const compare = (checkpoint: Parameters<typeof disagreement>[0]) =>
        remembered === null ? Promise.resolve(null) : disagreement(checkpoint, remembered, fetchConsistency)
      const outcome = await verifySteps(formatProofFile(file), remembered, compare)
      if (remembered === null && outcome.checkpoint !== null)
        remember(logOf(outcome.checkpoint, file.verifierKey, new Date().toISOString()))
      return outcome
    },
  })
  const download = useMutation({
    mutationFn: async () => downloadText(`metaagent-entry-${index}.proof.json`, 'application/json', await fetchFile()),
  })
  const { mutate } = verify
  const started = useRef(false)
  useEffect(() => {
    if (!atOnce || started.current) return
    started.current = true
    mutate()
  }, [atOnce, mutate])
  return (
    <Panel title="Proof" note="Checked by this browser, with the code that auditors run offline." testId="verify-panel">
      <div className={classes['verify']}>
        <div className={classes['buttons']}>
          <Button
            onClick={() => mutate()}
            loading={verify.isPending}
            leftSection={<Icon name="shield" size={14} />}
            data-testid="verify"
          >
            Verify in this browser
          </Button>
          <Button
            variant="default"
            onClick={() => download.mutate()}
            loading={download.isPending}
            leftSection={<Icon name="download" size={14} />}
            data-testid="download-proof"
          >
            Download the proof
          </Button>
          <Button
            component="a"
            variant="subtle"
            href={addressOf(`/ledger/entries/${index}/tlog-proof`, {})}
            download
            title="The same in the form of C2SP, which other tools read"
          >
            .tlog-proof
          </Button>
        </div>
        {verify.error === null ? null : <ProblemPanel error={verify.error} compact onRetry={() => mutate()} />}
        {download.error === null ? null : (
          <ProblemPanel error={download.error} compact onRetry={() => download.mutate()} />
        )}
        {verify.data === undefined ? (
          <p className="soft">
            The proof shows that this entry stands in the signed log. Anybody can check the file offline:{' '}
            <code>metaagent verify FILE</code>.
          </p>
        ) : (
          <Outcome outcome={verify.data} />
        )}
      </div>
    </Panel>
  )
}

const verdicts: Readonly<Record<Verification['verdict'], { readonly tone: Tone; readonly words: string }>> = {
  valid: { tone: 'healthy', words: 'The proof holds' },
  invalid: { tone: 'failing', words: 'The proof does not hold' },
  undecided: { tone: 'silent', words: 'It could not be checked here' },
}

function Outcome({ outcome }: { readonly outcome: Verification }) {
  const { tone, words } = verdicts[outcome.verdict]
  return (
    <div role="status" data-testid="verification" data-verdict={outcome.verdict}>
      <p className={classes['outcome']} data-tone={tone}>
        <Mark tone={tone} size={16} /> {words}
      </p>
      <ol className={classes['steps']}>
        {outcome.steps.map((step) => (
          <Step key={step.title} step={step} />
        ))}
      </ol>
      {outcome.keyName === null ? null : (
        <p className="soft">
          Signed with the key <code>{outcome.keyName}</code>. Compare it once with what the operator publishes.
        </p>
      )}
    </div>
  )
}

const stepLooks = {
  passed: { icon: 'check', word: 'passed' },
  failed: { icon: 'cross', word: 'failed' },
  open: { icon: 'info', word: 'not checked' },
} as const

function Step({ step }: { readonly step: VerifyStep }) {
  const { icon, word } = stepLooks[step.state]
  return (
    <li data-state={step.state}>
      <Icon name={icon} size={14} label={word} />
      <div>
        {step.title}
        <p>{step.detail}</p>
      </div>
    </li>
  )
}
