import { Link } from '@tanstack/react-router'
import classes from '../../ui/data-tabs.module.css'

const tabs = [
  { to: '/playbooks', label: 'Macros' },
  { to: '/playbooks/executions', label: 'Executions' },
  { to: '/playbooks/dependencies', label: 'Dependencies' },
] as const

/** What can be done, what was done, and what it relies on. */
export function PlaybookTabs() {
  return (
    <nav className={classes['tabs']} aria-label="Playbooks">
      {tabs.map(({ to, label }) => (
        <Link key={to} to={to} className={classes['tab']} activeOptions={{ exact: true, includeSearch: false }}>
          {label}
        </Link>
      ))}
    </nav>
  )
}
