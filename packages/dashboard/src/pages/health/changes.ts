import { eventCatalogue, type LedgerEntry } from '@metaagent/contract'
import type { Tone } from '../../ui/mark.tsx'

/** A ledger entry as a line of the home page. */
export interface ChangeLine {
  readonly tone: Tone
  readonly text: string
  readonly reason: string | null
}

const verdictTones: Readonly<Record<string, Tone>> = { promote: 'healthy', reject: 'failing', hold: 'degraded' }

/** What an entry says in one line; `names` are the agents by id. An entry of a form unknown here is named by its type. */
export function changeOf(entry: LedgerEntry, names: ReadonlyMap<string, string>): ChangeLine {
  const payload = payloadOf(entry)
  const state = eventCatalogue['health.state.changed'].payload.safeParse(payload)
  if (entry.type === 'health.state.changed' && state.success) {
    const { agentId, from, to, because } = state.data
    return {
      tone: toneOf(to),
      text: `${names.get(agentId) ?? entry.subject}: ${from} → ${to}`,
      reason: because[0]?.text ?? null,
    }
  }
  const decided = eventCatalogue['rollouts.comparison.decided'].payload.safeParse(payload)
  if (entry.type === 'rollouts.comparison.decided' && decided.success) {
    const { agent, controlRelease, candidateRelease, verdict, because } = decided.data
    return {
      tone: verdictTones[verdict] ?? 'silent',
      text: `${agent}: ${verdict}, ${controlRelease} → ${candidateRelease}`,
      reason: because.text,
    }
  }
  return { tone: 'unknown', text: `${entry.type}, ${entry.subject}`, reason: null }
}

/** The payload of an entry: leaves are whole events, of which it is a field. */
export function payloadOf({ content }: LedgerEntry): unknown {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return null
  return content['payload'] ?? null
}

function toneOf(state: string): Tone {
  return (['healthy', 'degraded', 'failing', 'silent'] as const).find((tone) => tone === state) ?? 'unknown'
}
