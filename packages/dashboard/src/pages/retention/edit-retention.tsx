import { Modal, NumberInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import type { Retention, RetentionPreview } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { privacyApi, privacyQueries } from '../../api/privacy.ts'
import { plural } from '../../format/number.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Facts, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './retention.module.css'

/** Sets another time: shows what the next run would delete before anybody saves it. */
export function EditRetention({
  retention,
  onClose,
}: {
  readonly retention: Retention | null
  readonly onClose: () => void
}) {
  return (
    <Modal
      opened={retention !== null}
      onClose={onClose}
      title={retention?.holds}
      closeButtonProps={{ 'aria-label': 'Close' }}
      size="lg"
    >
      {retention === null ? null : <Form key={retention.table} retention={retention} onClose={onClose} />}
    </Modal>
  )
}

function Form({ retention, onClose }: { readonly retention: Retention; readonly onClose: () => void }) {
  const { table, tunable, version, minimumDays, maximumDays, defaultDays } = retention
  const [days, setDays] = useState<number | string>(retention.days)
  const isUsable = typeof days === 'number' && days >= minimumDays && days <= maximumDays
  const [asked] = useDebouncedValue(isUsable ? days : retention.days, 300)
  const preview = useQuery(privacyQueries.retentionPreview(table, asked))
  return (
    <div className={classes['form']}>
      <NumberInput
        label="Days to keep"
        description={`${minimumDays} to ${maximumDays}; the default is ${defaultDays}. Days are UTC.`}
        value={days}
        onChange={setDays}
        min={minimumDays}
        max={maximumDays}
        allowDecimal={false}
        clampBehavior="none"
        error={isUsable ? null : `Give ${minimumDays} to ${maximumDays} days.`}
        data-autofocus
      />
      {preview.error !== null ? (
        <ProblemPanel error={preview.error} onRetry={() => void preview.refetch()} compact />
      ) : preview.data === undefined || asked !== days ? (
        <Placeholder height={132} label="Counting what would go" />
      ) : (
        <Preview preview={preview.data} />
      )}
      <GovernedSave
        about="retention"
        isChanged={isUsable && days !== retention.days && preview.data?.toDays === days}
        save={(particulars) =>
          privacyApi.setRetention(tunable, { value: Number(days), expectedVersion: version, ...particulars })
        }
        onSaved={onClose}
        isGrave={typeof days === 'number' && days < retention.days}
      />
    </div>
  )
}

function Preview({ preview }: { readonly preview: RetentionPreview }) {
  const { rows, rowsAtLeast, days, oldestDay, keptFrom, impact, because, lost } = preview
  return (
    <div
      className={classes['preview']}
      data-grave={impact === 'HIGH' && rows > 0}
      aria-live="polite"
      data-testid="preview"
    >
      <p>{because.text}</p>
      <Facts
        items={[
          ['Rows that go', `${rowsAtLeast ? 'more than ' : ''}${plural(rows, 'row')}`],
          ['On', plural(days, 'day')],
          ['Oldest day', oldestDay ?? 'none'],
          ['Kept from', keptFrom],
        ]}
      />
      {rows > 0 || impact === 'HIGH' ? <p className="soft">Lost with them: {lost}</p> : null}
      {impact === 'HIGH' ? <p className="soft">A shorter time deletes, so somebody else has to approve it.</p> : null}
    </div>
  )
}
