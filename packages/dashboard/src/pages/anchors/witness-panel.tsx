import { Button, Textarea, TextInput } from '@mantine/core'
import type { WitnessedLog } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { anchorApi, anchorQueries } from '../../api/anchors.ts'
import { plural } from '../../format/number.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Mark } from '../../ui/mark.tsx'
import { Facts, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Unknown } from '../../ui/value.tsx'
import classes from './anchors.module.css'

/** What we give to others so that they can have us as their witness, and the logs that we cosign. */
export function WitnessPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const witness = useQuery(anchorQueries.witness())
  return (
    <Panel
      title="Logs that we witness"
      note="We cosign what extends all that we saw of a log before, and nothing else."
      testId="witness"
    >
      {witness.error !== null ? (
        <ProblemPanel error={witness.error} onRetry={() => void witness.refetch()} />
      ) : witness.data === undefined ? (
        <Placeholder height={160} />
      ) : (
        <div className={classes['stack']}>
          <Facts
            items={[
              ['Our address', <Copied key="url" text={witness.data.submissionUrl} what="our address" />, 'wide'],
              [
                'Our key',
                witness.data.verifierKey === null ? (
                  <Unknown key="key" word why="It is made with the first log." />
                ) : (
                  <Copied key="key" text={witness.data.verifierKey} what="our key" />
                ),
                'wide',
              ],
            ]}
          />
          {witness.data.logs.length === 0 ? (
            <p className="soft">None yet. Two MetaAgents that witness each other need no third.</p>
          ) : (
            <ul className={classes['list']}>
              {witness.data.logs.map((log) => (
                <Watched key={log.logId} log={log} mayWrite={mayWrite} />
              ))}
            </ul>
          )}
          {mayWrite ? <Watch /> : null}
        </div>
      )}
    </Panel>
  )
}

function Copied({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <span className={classes['copied']}>
      <code>{text}</code> <CopyButton text={text} what={what} />
    </span>
  )
}

function Watched({ log, mayWrite }: { readonly log: WitnessedLog; readonly mayWrite: boolean }) {
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  const remove = useMutation({
    mutationFn: () => anchorApi.unwatch(log.logId),
    onSuccess: async () => await client.invalidateQueries({ queryKey: ['anchors', 'witness'] }),
  })
  const misbehaved = log.lastRefusal
  return (
    <li className={classes['row']} data-testid="witnessed-log">
      <div className={classes['what']}>
        <Mark tone={misbehaved === null ? (log.treeSize === null ? 'silent' : 'healthy') : 'failing'} size={16} />
        <div>
          <code>{log.origin}</code>
          <p>
            {log.treeSize === null ? (
              <Unknown word why="It has asked for no cosignature yet." />
            ) : (
              <>
                Cosigned up to {plural(log.treeSize, 'entry', 'entries')}, <Ago at={log.cosignedAt} />.
              </>
            )}
          </p>
          {misbehaved === null ? null : (
            <p className={classes['error']} role="alert">
              {plural(log.refusals, 'checkpoint was', 'checkpoints were')} refused, the last <Ago at={misbehaved.at} />:{' '}
              {misbehaved.because.text} The log’s own signature stands under it.{' '}
              <CopyButton text={misbehaved.checkpoint} what="the checkpoint as evidence" />
            </p>
          )}
        </div>
      </div>
      {mayWrite ? (
        <Button variant="subtle" color="red" size="compact-xs" onClick={() => setAsking(true)}>
          Watch no more
        </Button>
      ) : null}
      <ConfirmDialog
        opened={asking}
        title="Watch this log no more"
        word="Watch it no more"
        error={remove.error}
        pending={remove.isPending}
        testId="confirm-unwatch"
        onConfirm={() => remove.mutate()}
        onClose={() => setAsking(false)}
      >
        What was cosigned stays cosigned and is remembered: taken up again, the log must go on from there.
      </ConfirmDialog>
    </li>
  )
}

function Watch() {
  const client = useQueryClient()
  const [origin, setOrigin] = useState('')
  const [keys, setKeys] = useState('')
  const save = useMutation({
    mutationFn: () =>
      anchorApi.watch({
        origin: origin.trim(),
        verifierKeys: keys.split(/\s+/).filter((key) => key !== ''),
      }),
    onSuccess: async () => {
      setOrigin('')
      setKeys('')
      await client.invalidateQueries({ queryKey: ['anchors', 'witness'] })
    },
  })
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <TextInput
        label="Name of the log"
        description="The first line of its checkpoints."
        value={origin}
        onChange={(event) => setOrigin(event.currentTarget.value)}
      />
      <Textarea
        label="Its verifier keys"
        description="One a line. While it rotates its key, both."
        value={keys}
        onChange={(event) => setKeys(event.currentTarget.value)}
        rows={2}
      />
      {save.error === null ? null : <ProblemPanel error={save.error} compact />}
      <div className={classes['buttons']}>
        <Button
          type="submit"
          variant="default"
          loading={save.isPending}
          disabled={origin.trim() === '' || keys.trim() === ''}
          data-testid="watch-log"
        >
          Witness this log
        </Button>
      </div>
    </form>
  )
}
