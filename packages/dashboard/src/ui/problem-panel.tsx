import { Button } from '@mantine/core'
import { asApiError } from '../api/api-error.ts'
import { Icon } from './icon.tsx'
import classes from './problem-panel.module.css'

/** A failure in words: what was wrong, what to do, the code to quote, and a button to try again where that can help. */
export function ProblemPanel({
  error,
  onRetry,
  compact = false,
}: {
  readonly error: unknown
  readonly onRetry?: (() => void) | undefined
  readonly compact?: boolean
}) {
  const failure = asApiError(error)
  return (
    <div className={classes['panel']} data-compact={compact} role="alert" data-testid="problem">
      <Icon name="warning" size={18} />
      <div className={classes['text']}>
        <strong>{failure.title}</strong>
        <p>{failure.message}</p>
        {failure.places.length === 0 ? null : (
          <ul className={classes['places']}>
            {failure.places.map((place) => (
              <li key={`${place.path} ${place.message}`}>
                <code>{place.path}</code>: {place.message}
              </li>
            ))}
          </ul>
        )}
        <p className={classes['code']}>
          Code <code>{failure.code}</code>
          {failure.requestId === null ? null : (
            <>
              {' · '}request <code>{failure.requestId}</code>
            </>
          )}
        </p>
      </div>
      {onRetry === undefined ? null : (
        <Button variant="default" size="xs" onClick={onRetry} leftSection={<Icon name="refresh" size={14} />}>
          Try again
        </Button>
      )}
    </div>
  )
}
