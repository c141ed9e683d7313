import { Link } from '@tanstack/react-router'
import classes from '../../ui/data-tabs.module.css'

const tabs = [
  { to: '/projects', label: 'Projects' },
  { to: '/conflicts', label: 'Conflicts' },
] as const

/** What agents make, and where it does not fit together. */
export function ArtifactTabs() {
  return (
    <nav className={classes['tabs']} aria-label="Projects">
      {tabs.map(({ to, label }) => (
        <Link key={to} to={to} className={classes['tab']} activeOptions={{ exact: true, includeSearch: false }}>
          {label}
        </Link>
      ))}
    </nav>
  )
}
