import { Link } from '@tanstack/react-router'
import classes from '../../ui/data-tabs.module.css'

const tabs = [
  { to: '/specialists', label: 'Specialists' },
  { to: '/specialists/find', label: 'Find one' },
  { to: '/specialists/cards', label: 'Cards of others' },
  { to: '/specialists/listing', label: 'Public listing' },
] as const

/** Who there is, who can do a task, whom others offer, and what the world sees. */
export function SpecialistTabs() {
  return (
    <nav className={classes['tabs']} aria-label="Specialists">
      {tabs.map(({ to, label }) => (
        <Link key={to} to={to} className={classes['tab']} activeOptions={{ exact: true, includeSearch: false }}>
          {label}
        </Link>
      ))}
    </nav>
  )
}
