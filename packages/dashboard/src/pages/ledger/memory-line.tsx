import { Button } from '@mantine/core'
import { plural } from '../../format/number.ts'
import { Mark, type Tone } from '../../ui/mark.tsx'
import { Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Ago } from '../../ui/value.tsx'
import classes from './ledger.module.css'
import type { Sighting } from './memory.ts'

/** Whether the log still is what this browser saw before, in one line; an alarm where it is not. */
export function MemoryLine({
  sighting,
  error,
  retry,
  forget,
}: {
  readonly sighting: Sighting | undefined
  readonly error: Error | null
  readonly retry: () => void
  readonly forget: () => void
}) {
  if (error !== null) return <ProblemPanel error={error} compact onRetry={retry} />
  if (sighting === undefined) return <Placeholder height={44} label="Checking the signature" />
  const { tone, words } = told(sighting)
  return (
    <div
      className={classes['memory']}
      data-tone={tone}
      role={sighting.kind === 'alarm' ? 'alert' : 'status'}
      data-testid="ledger-memory"
    >
      <Mark tone={tone} size={16} />
      <div>
        {words}
        {sighting.kind !== 'alarm' ? null : (
          <p className={classes['forget']}>
            Do not rely on this log until its operator explains it. If you know why, for example because it was set up
            anew,{' '}
            <Button variant="default" size="compact-xs" onClick={forget}>
              forget what this browser saw
            </Button>
          </p>
        )}
      </div>
    </div>
  )
}

function told(sighting: Sighting): { readonly tone: Tone; readonly words: React.ReactNode } {
  switch (sighting.kind) {
    case 'empty':
      return { tone: 'unknown', words: 'The log is empty: nothing has been signed yet.' }
    case 'unsupported':
      return { tone: 'silent', words: sighting.detail }
    case 'first':
      return {
        tone: 'healthy',
        words: `The signature is good. This browser sees the log for the first time and remembers its ${plural(sighting.log.size, 'entry', 'entries')}.`,
      }
    case 'unchanged':
      return {
        tone: 'healthy',
        words: 'The signature is good, and the log is the very one that this browser saw last.',
      }
    case 'advanced':
      return {
        tone: 'healthy',
        words: (
          <>
            The signature is good. The log grew by{' '}
            {plural(sighting.log.size - (sighting.before?.size ?? 0), 'entry', 'entries')} since{' '}
            <Ago at={sighting.before?.seenAt ?? null} /> and provably kept all that this browser saw.
          </>
        ),
      }
    case 'alarm':
      return {
        tone: 'failing',
        words: (
          <>
            <strong>{alarmTitles[sighting.code] ?? 'The log does not hold'}</strong>: {sighting.detail}
          </>
        ),
      }
  }
}

const alarmTitles: Readonly<Record<string, string>> = {
  rollback: 'The log went back',
  fork: 'The log shows another past',
  root_mismatch: 'The log changed what it held',
  bad_signature: 'The signature is wrong',
  no_trusted_signature: 'The signature is missing',
  key_changed: 'The log is signed by another key',
  origin_mismatch: 'This is another log',
}
