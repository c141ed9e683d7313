import { Link } from '@tanstack/react-router'
import classes from './alerts.module.css'

const places = [
  { to: '/alerts', label: 'Inbox' },
  { to: '/alerts/rules', label: 'Rules' },
  { to: '/alerts/silences', label: 'Silences' },
  { to: '/alerts/channels', label: 'Channels' },
  { to: '/alerts/messages', label: 'Messages' },
  { to: '/alerts/routing', label: 'Routing' },
] as const

/** The pages that belong to alerts. */
export function AlertTabs() {
  return (
    <nav className={classes['tabs']} aria-label="Alerts">
      {places.map(({ to, label }) => (
        <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }}>
          {label}
        </Link>
      ))}
    </nav>
  )
}
