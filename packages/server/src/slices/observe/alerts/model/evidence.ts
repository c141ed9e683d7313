import type { AlertFigure, HealthFigures, HealthState, JournalEvent, Labels, SlaState } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'

/** What is known of one agent, domain or fleet at one moment: everything that a condition may look at. */
export interface Subject {
  /** Labels that name it: agent, domain, environment; none for the fleet. */
  readonly labels: Labels
  /** Figures of a window that ends now; null when the window was not loaded. */
  figures(windowMinutes: number): Pick<HealthFigures, FigureField> | null
  /** Judged health of a window; null when it was not loaded. */
  health(
    windowMinutes: number,
  ): { readonly state: HealthState; readonly score: number | null; readonly why: string } | null
  readonly lastHeardAt: Instant | null
  /** Reported and computed cost of the runs in a window where both are known; null when there are none. */
  costs(windowMinutes: number): { readonly reportedNanoUsd: number; readonly computedNanoUsd: number } | null
}

/** An SLA as the slas slice judged it last. */
export interface JudgedSla {
  readonly name: string
  readonly state: SlaState
  /** Why it burns; null when no burn alert fires. */
  readonly burning: string | null
}

export type FigureField = Exclude<AlertFigure, 'failureRate'> | 'successes'

/** Everything that a rule is judged on. */
export interface Evidence {
  readonly subjects: readonly Subject[]
  /** For conditions about SLAs: the active ones as they were judged last. */
  readonly slas: readonly JudgedSla[]
  /** For event conditions: the events of its window that fit the pattern, oldest first. */
  readonly events: readonly Pick<JournalEvent, 'eventId' | 'type' | 'subject' | 'actor' | 'payload' | 'occurredAt'>[]
}

export const windowMinutes = { '5m': 5, '1h': 60, '24h': 1_440, '7d': 10_080, '30d': 43_200 } as const
