import { createContext, type ReactNode, use, useMemo, useState } from 'react'
import type { ZoneChoice } from '../format/time.ts'

const ZONE_KEY = 'metaagent.time-zone'

/** Reads a setting of this browser; null when there is none or storage is switched off. */
export function readSetting(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** Keeps a setting in this browser. False when storage is switched off or full: the setting then lasts until a reload. */
export function writeSetting(key: string, value: string): boolean {
  try {
    localStorage.setItem(key, value)
    return true
  } catch {
    return false
  }
}

interface Preferences {
  readonly zone: ZoneChoice
  readonly chooseZone: (zone: ZoneChoice) => void
}

const PreferencesContext = createContext<Preferences>({ zone: 'local', chooseZone: () => undefined })

/** Holds what the reader chose for this browser: the time zone of every time on every page. */
export function PreferencesProvider({ children }: { readonly children: ReactNode }) {
  const [zone, setZone] = useState<ZoneChoice>(() => (readSetting(ZONE_KEY) === 'utc' ? 'utc' : 'local'))
  const preferences = useMemo(
    () => ({
      zone,
      chooseZone: (chosen: ZoneChoice) => {
        setZone(chosen)
        writeSetting(ZONE_KEY, chosen)
      },
    }),
    [zone],
  )
  return <PreferencesContext value={preferences}>{children}</PreferencesContext>
}

/** The reader's preferences. */
export function usePreferences(): Preferences {
  return use(PreferencesContext)
}
