import { Link } from '@tanstack/react-router'
import classes from '../../ui/data-tabs.module.css'

const tabs = [
  { to: '/ledger', label: 'Audit trail' },
  { to: '/ledger/anchors', label: 'Anchors, witnesses, keys' },
] as const

/** The pages of the ledger beside each other. */
export function LedgerTabs() {
  return (
    <nav className={classes['tabs']} aria-label="Ledger">
      {tabs.map(({ to, label }) => (
        <Link key={to} to={to} className={classes['tab']} activeOptions={{ exact: true, includeSearch: false }}>
          {label}
        </Link>
      ))}
    </nav>
  )
}
