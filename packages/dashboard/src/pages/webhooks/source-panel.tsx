import { Button, Modal } from '@mantine/core'
import type { WebhookSource } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/endpoints.ts'
import { plural } from '../../format/number.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Facts, Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import { MappingEditor } from './mapping-editor.tsx'
import { Secret } from './new-source.tsx'
import classes from './webhooks.module.css'

/** One source: where to post, how it goes, and how its payloads are mapped. */
export function SourcePanel({ source, mayWrite }: { readonly source: WebhookSource; readonly mayWrite: boolean }) {
  return (
    <>
      <Panel
        title={source.name}
        note={source.enabled ? 'Messages with its proof are let in.' : 'Switched off: everything is refused.'}
        actions={mayWrite ? <Actions source={source} /> : undefined}
        testId="webhook-source"
      >
        <div className={classes['form']}>
          <div className={classes['address']}>
            <code>{source.address}</code>
            <CopyButton text={source.address} what="the address" />
          </div>
          <Facts items={factsOf(source)} />
          {source.lastError === null ? null : (
            <p className={classes['error']} data-testid="last-error">
              <strong>Last error</strong> <Ago at={source.lastErrorAt} why="" />: {source.lastError}
            </p>
          )}
          {source.importer?.lastError == null ? null : (
            <p className={classes['error']}>
              <strong>Last import failed</strong>: {source.importer.lastError}
            </p>
          )}
        </div>
      </Panel>
      <MappingEditor source={source} mayWrite={mayWrite} />
    </>
  )
}

function factsOf({ environment, agents, importer, createdAt }: WebhookSource) {
  const renamed = Object.keys(agents.names).length
  return [
    ['Environment', environment],
    [
      'Agents',
      `${renamed === 0 ? 'named as sent' : plural(renamed, 'name')}${agents.fallback === null ? '' : `, else ${agents.fallback}`}`,
    ],
    [
      'Import',
      importer === null ? (
        <span className="soft">none</span>
      ) : (
        <>
          every {plural(importer.everyMinutes, 'minute')} from {importer.baseUrl},{' '}
          {plural(importer.imported, 'execution')} so far
        </>
      ),
      'wide',
    ],
    ['Made', <Instant key="made" at={createdAt} precision="minute" />],
  ] as const
}

function Actions({ source }: { readonly source: WebhookSource }) {
  const client = useQueryClient()
  const [replacing, setReplacing] = useState(false)
  const changed = () => client.invalidateQueries({ queryKey: ['webhook-sources'] })
  const toggle = useMutation({
    mutationFn: () => api.changeWebhookSource(source.sourceId, { enabled: !source.enabled }),
    onSuccess: changed,
  })
  const run = useMutation({ mutationFn: () => api.importWebhookSource(source.sourceId), onSettled: changed })
  const replace = useMutation({ mutationFn: () => api.replaceWebhookSecret(source.sourceId), onSuccess: changed })
  const close = () => {
    replace.reset()
    setReplacing(false)
  }
  return (
    <div className={classes['buttons']}>
      {source.importer === null ? null : (
        <Button variant="default" size="xs" loading={run.isPending} onClick={() => run.mutate()}>
          Import now
        </Button>
      )}
      <Button variant="default" size="xs" onClick={() => setReplacing(true)}>
        New secret
      </Button>
      <Button variant="default" size="xs" loading={toggle.isPending} onClick={() => toggle.mutate()}>
        {source.enabled ? 'Switch off' : 'Switch on'}
      </Button>
      {toggle.error === null ? null : <ProblemPanel error={toggle.error} compact />}
      {run.error === null ? null : <ProblemPanel error={run.error} compact />}
      <Modal
        opened={replacing}
        onClose={close}
        title={replace.data === undefined ? 'Replace the secret?' : 'Copy the secret now'}
        closeOnClickOutside={replace.data === undefined}
        closeButtonProps={{ 'aria-label': 'Close' }}
        size="lg"
      >
        {replace.data === undefined ? (
          <div className={classes['form']}>
            <p>
              Whatever posts as <strong>{source.name}</strong> is locked out until it has the new one.
            </p>
            {replace.error === null ? null : <ProblemPanel error={replace.error} compact />}
            <div className={classes['buttons']}>
              <Button variant="default" onClick={close}>
                Keep it
              </Button>
              <Button color="red" loading={replace.isPending} onClick={() => replace.mutate()}>
                Replace
              </Button>
            </div>
          </div>
        ) : (
          <Secret made={replace.data} onDone={close} />
        )}
      </Modal>
    </div>
  )
}
