import { Button } from '@mantine/core'
import type { Macro } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { playbookApi } from '../../api/playbooks.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Panel } from '../../ui/page.tsx'
import classes from './playbooks.module.css'

/** The secret that signs the macro's calls: made here, shown once. */
export function SigningSecret({ macro }: { readonly macro: Macro }) {
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  const make = useMutation({
    mutationFn: () => playbookApi.changeSecret(macro.name),
    onSuccess: async () => {
      setAsking(false)
      await client.invalidateQueries({ queryKey: ['playbooks', 'macros'] })
    },
  })
  return (
    <Panel title="Signed calls" testId="macro-secret">
      <div className={classes['parts']}>
        <p className="soft">
          {macro.hasSecret
            ? 'Its HTTP calls carry a Standard Webhooks signature.'
            : 'Its HTTP calls are not signed: whoever receives them cannot tell who called.'}
        </p>
        {make.data === undefined ? null : (
          <p data-testid="new-secret">
            <code className={classes['key']}>{make.data.secret}</code>{' '}
            <CopyButton text={make.data.secret} what="the secret" /> It is not shown again.
          </p>
        )}
        <div className={classes['buttons']}>
          <Button
            variant="default"
            loading={make.isPending}
            onClick={() => (macro.hasSecret ? setAsking(true) : make.mutate())}
            data-testid="make-secret"
          >
            {macro.hasSecret ? 'Make another secret' : 'Make a secret'}
          </Button>
        </div>
      </div>
      <ConfirmDialog
        opened={asking}
        title="Make another secret?"
        word="Make another"
        error={make.error}
        pending={make.isPending}
        testId="confirm-secret"
        onConfirm={() => make.mutate()}
        onClose={() => setAsking(false)}
      >
        Calls are signed with the new one at once. Receivers that know the old one refuse them until you tell them.
      </ConfirmDialog>
    </Panel>
  )
}
