import { ActionIcon, Tooltip, useMantineColorScheme } from '@mantine/core'
import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api } from '../api/endpoints.ts'
import { queries } from '../api/queries.ts'
import { shortZoneLabel, zoneLabel } from '../format/time.ts'
import { Icon, Logo } from '../ui/icon.tsx'
import { useNow } from './clock.ts'
import { useLiveStatus } from './live-status.ts'
import { placeGroups, places } from './places.ts'
import { usePreferences } from './preferences.tsx'
import classes from './shell.module.css'
import { ShortcutHelp } from './shortcut-help.tsx'
import { useShortcuts } from './shortcuts.tsx'

/** The frame around every page: where one can go, how current things are, in which zone and light they are shown. */
export function Shell() {
  const navigate = useNavigate()
  const { pathname } = useLocation()
  const [openAt, setOpenAt] = useState<string | null>(null)
  const [helpOpen, setHelpOpen] = useState(false)
  // The menu of a narrow screen belongs to the page on which it was opened: going elsewhere closes it.
  const menuOpen = openAt === pathname
  useShortcuts([
    ...places.map(({ to, label, keys }) => ({ keys, label, group: 'Go to', run: () => void navigate({ to }) })),
    { keys: '?', label: 'Show this help', group: 'Everywhere', run: () => setHelpOpen(true) },
  ])
  useEffect(() => {
    if (pathname !== '') document.getElementById('content')?.focus({ preventScroll: true })
  }, [pathname])
  return (
    <div className={classes['shell']}>
      <a className={classes['skip']} href="#content">
        Skip to the content
      </a>
      <header className={classes['bar']}>
        <Link to="/" className={classes['brand']}>
          <Logo size={22} /> MetaAgent
        </Link>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={menuOpen ? 'Close the menu' : 'Open the menu'}
          aria-expanded={menuOpen}
          onClick={() => setOpenAt(menuOpen ? null : pathname)}
        >
          <Icon name={menuOpen ? 'cross' : 'menu'} size={18} />
        </ActionIcon>
      </header>
      <nav className={classes['nav']} data-open={menuOpen} aria-label="Main" data-testid="nav">
        <Organization />
        <Places />
        <div className={classes['foot']}>
          <LiveLine />
          <ZoneSwitch />
          <SchemeSwitch />
          <button type="button" className={classes['item']} onClick={() => setHelpOpen(true)}>
            <kbd>?</kbd> Shortcuts
          </button>
          <SignOut />
        </div>
      </nav>
      <main id="content" className={classes['main']} tabIndex={-1}>
        <Outlet />
      </main>
      <ShortcutHelp opened={helpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  )
}

function Organization() {
  const { data: me } = useSuspenseQuery(queries.me())
  return (
    <div className={classes['organization']}>
      <Logo size={26} />
      <div>
        <strong>MetaAgent</strong>
        <span className="truncate" title={me.organization.name}>
          {me.organization.name}
        </span>
      </div>
    </div>
  )
}

function Places() {
  const { pathname } = useLocation()
  return placeGroups.map((group) => {
    const own = places.filter((place) => place.group === group)
    if (own.length === 0) return null
    // What is set up once stays folded until somebody goes there.
    const open = group !== 'Settings' || pathname.startsWith('/settings')
    return (
      <details key={`${group} ${open}`} className={classes['group']} open={open}>
        <summary>{group}</summary>
        <ul className={classes['places']}>
          {own.map((place) => (
            <li key={place.to}>
              <Link
                to={place.to}
                className={classes['item']}
                activeOptions={{ exact: place.to === '/', includeSearch: false }}
              >
                <Icon name={place.icon} />
                <span>{place.label}</span>
                {place.to === '/approvals' ? <ApprovalsWaiting /> : null}
              </Link>
            </li>
          ))}
        </ul>
      </details>
    )
  })
}

function ApprovalsWaiting() {
  const { data } = useQuery(queries.approvalsWaiting())
  const waiting = data?.items.length ?? 0
  if (data === undefined || waiting === 0) return null
  return (
    <span className={classes['count']}>
      {data.nextCursor === null ? waiting : `${waiting}+`}
      <span className="visually-hidden"> waiting</span>
    </span>
  )
}

const liveWords = {
  idle: { word: 'Shown as loaded', tip: 'This page shows what was true when it was loaded.' },
  connecting: { word: 'Connecting', tip: 'Opening the live connection.' },
  live: { word: 'Live', tip: 'Changes show by themselves, usually within a second.' },
  reconnecting: { word: 'Reconnecting', tip: 'The live connection broke. What you see may be out of date.' },
  refused: { word: 'Not live', tip: 'The server refused the live connection.' },
} as const

function LiveLine() {
  const status = useLiveStatus()
  const { word, tip } = liveWords[status]
  return (
    <Tooltip label={tip} position="right">
      <div className={classes['live']} data-status={status} role="status" data-testid="live-status">
        <i aria-hidden="true" /> {word}
      </div>
    </Tooltip>
  )
}

function ZoneSwitch() {
  const { zone, chooseZone } = usePreferences()
  const now = useNow()
  const label = zoneLabel(zone, now)
  const other = zone === 'utc' ? 'local' : 'utc'
  return (
    <Tooltip label={`Times are in ${label}. Click for ${other === 'utc' ? 'UTC' : 'your own zone'}.`} position="right">
      <button type="button" className={classes['item']} onClick={() => chooseZone(other)} data-testid="zone-switch">
        <Icon name="clock" />
        <span className="truncate">
          <span className="visually-hidden">Times are in </span>
          {zone === 'utc' ? 'UTC' : `Local time, ${shortZoneLabel(zone, now)}`}
        </span>
      </button>
    </Tooltip>
  )
}

const schemes = [
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'auto', label: 'As the system', icon: 'system' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
] as const

function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <fieldset className={classes['schemes']} data-testid="scheme-switch">
      <legend className="visually-hidden">Light or dark</legend>
      {schemes.map(({ value, label, icon }) => (
        <Tooltip key={value} label={label}>
          <button
            type="button"
            aria-label={label}
            aria-pressed={colorScheme === value}
            onClick={() => setColorScheme(value)}
          >
            <Icon name={icon} size={14} />
          </button>
        </Tooltip>
      ))}
    </fieldset>
  )
}

function SignOut() {
  const client = useQueryClient()
  const navigate = useNavigate()
  const { data: me } = useSuspenseQuery(queries.me())
  const leave = async () => {
    // Whatever the server says, the reader wants to be gone: what was loaded is dropped and the door is shown.
    await api.signOut().catch(() => undefined)
    await navigate({ to: '/sign-in' })
    client.clear()
  }
  const who = me.user?.displayName ?? me.user?.email ?? me.credential.replace('_', ' ')
  return (
    <div className={classes['who']}>
      <Link to="/settings/account" className="truncate" title={`Your account: ${who}`}>
        {who}
        {me.role === null ? null : <span className="faint"> · {me.role}</span>}
      </Link>
      <Tooltip label="Sign out">
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="Sign out"
          onClick={() => void leave()}
          data-testid="sign-out"
        >
          <Icon name="signOut" />
        </ActionIcon>
      </Tooltip>
    </div>
  )
}
