import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { LinkButton } from '../ui/link-button.tsx'
import { Empty, PageHead, Placeholder } from '../ui/page.tsx'
import { ProblemPanel } from '../ui/problem-panel.tsx'
import classes from './route-states.module.css'

/** An address that leads nowhere. */
export function NotFoundPage() {
  return (
    <div className={classes['alone']} data-testid="not-found">
      <PageHead title="404" tab="Not found" />
      <Empty title="There is no page at this address" actions={<LinkButton to="/">To the overview</LinkButton>}>
        The link may be old, or a part of it may be missing. Press <kbd>?</kbd> for the ways to move around.
      </Empty>
    </div>
  )
}

/** A page that could not be shown: what was wrong and a way to try again. */
export function RouteProblem({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return (
    <div className={classes['alone']}>
      <ProblemPanel error={error} onRetry={retry} />
    </div>
  )
}

/** The room of a page while its code is fetched. */
export function PagePending() {
  return (
    <div className={classes['pending']}>
      <Placeholder height="3rem" />
      <Placeholder height="60vh" />
    </div>
  )
}
