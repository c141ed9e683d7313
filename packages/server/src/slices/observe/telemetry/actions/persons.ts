import type { PersonSubject } from '@metaagent/contract'
import type { Instant } from '../../../../kernel/instant.ts'
import type { PersonalTable } from '../../../../ports/personal.ts'
import { spanTable } from '../model/otlp/vocabulary.ts'
import type { PersonMatch } from '../store/persons.ts'

/** Where telemetry keeps something of the people whose runs they are. Figures, times, models and names of tools stay. */
export const personal: readonly PersonalTable[] = [
  {
    table: 'agent_execution_logs',
    holds: 'Inputs, outputs, attributes and error messages of steps',
    erase: { blank: { input: null, output: null, attributes: null, error_message: null, response_id: null } },
    byDay: true,
  },
  {
    table: 'agent_executions',
    holds: 'Inputs, outputs, attributes, error messages, units, conversations and users of runs',
    erase: {
      blank: {
        input: null,
        output: null,
        attributes: null,
        error_message: null,
        conversation_id: null,
        conversation_from: null,
        user_id: null,
        user_from: null,
        unit: null,
      },
    },
    byDay: true,
  },
  {
    table: 'execution_outcomes',
    holds: 'What was learnt of the runs later: whom it was about, and its words',
    erase: {
      blank: {
        subject_value: "''",
        explanation: null,
        label: null,
        idempotency_key: "'erased:' || outcome_id::text",
      },
    },
    subjectColumn: 'subject_value',
  },
  { table: 'waiting_span_events', holds: 'Contents that wait for their step', erase: 'delete' },
]

/** Attributes in which the known vocabularies name the user. */
const userAttributes: readonly string[] = Object.values(spanTable.user)
  .flat()
  .filter((key) => !key.includes('#'))

/** How a person is looked for. `tokens` may stand in place of the value, where it was masked reversibly. */
export function personMatch(subject: PersonSubject, tokens: readonly string[], before: Instant): PersonMatch {
  const { kind, key, value } = subject
  const attributes = kind === 'user' ? userAttributes : key === undefined ? [] : [key]
  return { kind, attributes, values: [value, ...tokens], before }
}

/** Whether runs must be read one by one; a conversation is found through its index alone. */
export function needsReading({ kind }: PersonMatch): boolean {
  return kind !== 'conversation'
}
