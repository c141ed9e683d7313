import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core'
import type { AlertMatcher } from '@metaagent/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { alertApi } from '../../api/alerts.ts'
import { plural } from '../../format/number.ts'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './alerts.module.css'
import { matchersOfText } from './matcher-text.ts'
import { endsIn, silenceLengths } from './silencing.ts'

/** The dialog that makes a silence by matchers, after a look at what it would mute. */
export function NewSilence({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient()
  const [text, setText] = useState('')
  const [hours, setHours] = useState('4')
  const [comment, setComment] = useState('')
  const matchers = matchersOfText(text)
  const preview = useMutation({ mutationFn: (of: readonly AlertMatcher[]) => alertApi.previewSilence(of) })
  const make = useMutation({
    mutationFn: (of: AlertMatcher[]) =>
      alertApi.silence({ matchers: of, endsAt: endsIn(Number(hours)), comment: comment.trim() }),
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: ['alerts'] })
    },
  })
  const error = make.error ?? preview.error
  return (
    <Modal opened onClose={onClose} title="New silence" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          if (matchers !== null) make.mutate(matchers)
        }}
      >
        <Textarea
          label="Matchers"
          description="One a line, all must fit: alertname, severity, agent, domain … with =, !=, =~ or !~."
          placeholder={'agent="claims-intake"\nseverity=~"warning|info"'}
          className={classes['mono'] ?? ''}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            preview.reset()
          }}
          error={text.trim() !== '' && matchers === null ? 'Write each line as name="value".' : null}
          rows={3}
          required
        />
        <div className={classes['pair']}>
          <Select
            label="For"
            data={silenceLengths}
            value={hours}
            allowDeselect={false}
            onChange={(value) => setHours(value ?? '4')}
          />
          <TextInput
            label="Why"
            value={comment}
            onChange={(event) => setComment(event.currentTarget.value)}
            maxLength={2_000}
            required
          />
        </div>
        {preview.data === undefined ? null : (
          <div role="status" data-testid="silence-preview">
            <p>
              It would mute {plural(preview.data.silenced, 'alert')} of {preview.data.firing} that fire now.
            </p>
            <ul className={classes['labels']}>
              {preview.data.alerts.map((labels) => (
                <li key={JSON.stringify(labels)}>
                  <code>
                    {Object.entries(labels)
                      .map(([name, value]) => `${name}=${value}`)
                      .join(' ')}
                  </code>
                </li>
              ))}
            </ul>
          </div>
        )}
        {error === null ? null : <ProblemPanel error={error} compact />}
        <div className={classes['buttons']}>
          <Button
            variant="default"
            loading={preview.isPending}
            disabled={matchers === null}
            onClick={() => matchers !== null && preview.mutate(matchers)}
            data-testid="preview-silence"
          >
            What would it mute?
          </Button>
          <Button
            type="submit"
            loading={make.isPending}
            disabled={matchers === null || comment.trim() === ''}
            data-testid="save-silence"
          >
            Silence
          </Button>
        </div>
      </form>
    </Modal>
  )
}
