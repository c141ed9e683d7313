import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { readSetting, writeSetting } from './preferences.tsx'
import { isTyping, nextKeys } from './shortcut-keys.ts'

const OFF_KEY = 'metaagent.shortcuts'

/** One or two keys, one after the other (`j`, `g f`), and what they do. */
export interface Shortcut {
  readonly keys: string
  readonly label: string
  readonly group: string
  readonly run: () => void
}

interface Shortcuts {
  readonly register: (shortcuts: readonly Shortcut[]) => () => void
  readonly all: () => readonly Shortcut[]
  readonly enabled: boolean
  /** Single letters can get in the way of speech input, so they can be switched off (WCAG 2.1.4). */
  readonly enable: (enabled: boolean) => void
}

const ShortcutsContext = createContext<Shortcuts>({
  register: () => () => undefined,
  all: () => [],
  enabled: false,
  enable: () => undefined,
})

/** Listens for keys once for the whole page. What was registered last wins, so a page may take over a key. */
export function ShortcutsProvider({ children }: { readonly children: ReactNode }) {
  const registered = useRef<Shortcut[]>([])
  const [enabled, setEnabled] = useState(() => readSetting(OFF_KEY) !== 'off')
  const register = useCallback((shortcuts: readonly Shortcut[]) => {
    registered.current = [...registered.current, ...shortcuts]
    return () => {
      registered.current = registered.current.filter((known) => !shortcuts.includes(known))
    }
  }, [])
  useKeyListener(registered, enabled)
  const context = useMemo(
    () => ({
      register,
      all: () => registered.current,
      enabled,
      enable: (on: boolean) => {
        setEnabled(on)
        writeSetting(OFF_KEY, on ? 'on' : 'off')
      },
    }),
    [register, enabled],
  )
  return <ShortcutsContext value={context}>{children}</ShortcutsContext>
}

function useKeyListener(registered: { readonly current: readonly Shortcut[] }, enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return
    let held: { readonly keys: string; readonly atMs: number } | null = null
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const known = registered.current
      const { match, waiting } = nextKeys(
        held,
        { key: event.key, atMs: event.timeStamp },
        known.map(({ keys }) => keys),
      )
      held = waiting
      if (match === null) return
      event.preventDefault()
      known.findLast(({ keys }) => keys === match)?.run()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [registered, enabled])
}

/** Registers shortcuts while the component is shown. The handlers may change from render to render. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const { register } = use(ShortcutsContext)
  const latest = useRef(shortcuts)
  useEffect(() => {
    latest.current = shortcuts
  })
  const signature = shortcuts.map(({ keys, label, group }) => `${keys}|${label}|${group}`).join('\n')
  useEffect(() => {
    const stable = signature.split('\n').flatMap((line) => {
      const [keys = '', label = '', group = ''] = line.split('|')
      const run = () => latest.current.find((known) => known.keys === keys)?.run()
      return keys === '' ? [] : [{ keys, label, group, run }]
    })
    return register(stable)
  }, [register, signature])
}

/** The shortcuts of the page shown now, and the switch for them. */
export function useShortcutList(): Pick<Shortcuts, 'all' | 'enabled' | 'enable'> {
  return use(ShortcutsContext)
}
