import { Link } from '@tanstack/react-router'
import classes from '../../ui/data-tabs.module.css'

/** What ought to change, beside what is in force. */
export function AmendmentTabs() {
  return (
    <nav className={classes['tabs']} aria-label="Governed documents">
      <Link to="/amendments" className={classes['tab']} activeOptions={{ exact: true, includeSearch: false }}>
        Amendments
      </Link>
      <Link to="/documents" className={classes['tab']} activeOptions={{ includeSearch: false }}>
        Documents
      </Link>
    </nav>
  )
}
