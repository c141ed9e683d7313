import { Select, TextInput } from '@mantine/core'
import type { LegalHoldScope } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { privacyApi } from '../../api/privacy.ts'
import { queries } from '../../api/queries.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { PersonFields, usePerson } from './person-fields.tsx'
import classes from './privacy.module.css'

const kinds = [
  { value: 'subject', label: 'A person’s data' },
  { value: 'agent', label: 'An agent’s runs' },
  { value: 'period', label: 'All runs of a time' },
] as const satisfies readonly { value: LegalHoldScope['kind']; label: string }[]

/** What is to be held, and the reason. */
export function PlaceHold() {
  const [kind, setKind] = useState<LegalHoldScope['kind']>('subject')
  const [agentId, setAgentId] = useState<string | null>(null)
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const fields = usePerson()
  const agents = useQuery(queries.agents({}))
  const scope = scopeOf(kind, fields.subject, agentId, from, to)
  return (
    <div className={classes['form']} data-testid="place-hold">
      <Select
        label="Hold"
        data={kinds}
        value={kind}
        onChange={(chosen) => setKind(kinds.find(({ value }) => value === chosen)?.value ?? kind)}
        allowDeselect={false}
      />
      {kind === 'subject' ? <PersonFields fields={fields} /> : null}
      {kind === 'agent' ? (
        <Select
          label="Agent"
          searchable
          data={(agents.data?.items ?? []).map((agent) => ({ value: agent.agentId, label: agent.name }))}
          value={agentId}
          onChange={setAgentId}
        />
      ) : null}
      {kind === 'subject' ? null : (
        <div className={classes['row']}>
          <Day label="First day (UTC)" value={from} onChange={setFrom} isNeeded={kind === 'period'} />
          <Day label="Last day (UTC)" value={to} onChange={setTo} isNeeded={kind === 'period'} />
        </div>
      )}
      <GovernedSave
        about="privacy"
        label="Place the hold"
        reasonHint="The number of the matter, say. It stays in the ledger, so do not name the person."
        isChanged={scope !== null}
        save={({ reason }) =>
          scope === null ? Promise.reject(new Error('nothing is chosen')) : privacyApi.placeHold({ scope, reason })
        }
        onSaved={() => {
          fields.clear()
          setAgentId(null)
        }}
      />
    </div>
  )
}

function Day({
  label,
  value,
  onChange,
  isNeeded,
}: {
  readonly label: string
  readonly value: string
  readonly onChange: (day: string) => void
  readonly isNeeded: boolean
}) {
  return (
    <TextInput
      type="date"
      label={label}
      description={isNeeded ? undefined : 'Left out: no limit.'}
      value={value}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}

const dayMs = 86_400_000

/** Null: it is not clear yet what is to be held. The last day is held whole. */
function scopeOf(
  kind: LegalHoldScope['kind'],
  subject: Extract<LegalHoldScope, { kind: 'subject' }>['subject'] | null,
  agentId: string | null,
  from: string,
  to: string,
): LegalHoldScope | null {
  const start = from === '' ? null : `${from}T00:00:00.000Z`
  const end = to === '' ? null : new Date(Date.parse(`${to}T00:00:00.000Z`) + dayMs).toISOString()
  if (start !== null && end !== null && start >= end) return null
  switch (kind) {
    case 'subject':
      return subject === null ? null : { kind, subject }
    case 'agent': {
      const window = { ...(start === null ? {} : { from: start }), ...(end === null ? {} : { to: end }) }
      return agentId === null ? null : { kind, agentId, ...window }
    }
    case 'period':
      return start === null || end === null ? null : { kind, from: start, to: end }
  }
}
