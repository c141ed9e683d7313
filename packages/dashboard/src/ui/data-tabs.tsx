import { Link } from '@tanstack/react-router'
import classes from './data-tabs.module.css'

const tabs = [
  { to: '/settings/retention', label: 'Retention' },
  { to: '/settings/masking', label: 'Masking' },
  { to: '/settings/privacy', label: 'Personal data' },
] as const

/** The settings about what is kept, beside each other. */
export function DataTabs() {
  return (
    <nav className={classes['tabs']} aria-label="What is kept">
      {tabs.map(({ to, label }) => (
        <Link key={to} to={to} className={classes['tab']}>
          {label}
        </Link>
      ))}
    </nav>
  )
}
