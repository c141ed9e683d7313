import { Button, NumberInput, Select, Switch } from '@mantine/core'
import type { OrganizationPolicies, OrganizationPoliciesState } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { peopleApi, peopleQueries } from '../../api/people.ts'
import { Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './organization.module.css'

/** What the organization demands of sessions, sign-ins and new keys. */
export function PoliciesPanel({ mayWrite }: { readonly mayWrite: boolean }) {
  const state = useQuery(peopleQueries.policies())
  return (
    <Panel
      title="Policies"
      note="For everybody who signs in or makes keys. Open sessions are held to a change at once."
      testId="policies"
    >
      {state.error !== null ? (
        <ProblemPanel error={state.error} onRetry={() => void state.refetch()} />
      ) : state.data === undefined ? (
        <Placeholder height={200} />
      ) : (
        <PoliciesForm state={state.data} mayWrite={mayWrite} />
      )}
    </Panel>
  )
}

const madeBy = [
  { value: 'anybody', label: 'People and keys that may manage people' },
  { value: 'people', label: 'People who may, signed in themselves' },
  { value: 'admins', label: 'Admins, signed in themselves' },
] as const

function PoliciesForm({ state, mayWrite }: { readonly state: OrganizationPoliciesState; readonly mayWrite: boolean }) {
  const client = useQueryClient()
  const [draft, setDraft] = useState<OrganizationPolicies>(state.policies)
  const set = (change: Partial<OrganizationPolicies>) => setDraft({ ...draft, ...change })
  const save = useMutation({
    mutationFn: () => peopleApi.changePolicies(draft, state.version),
    onSuccess: (saved) => client.setQueryData(peopleQueries.policies().queryKey, saved),
  })
  const unchanged = JSON.stringify(draft) === JSON.stringify(state.policies)
  const whole = (value: string | number, otherwise: number) => (typeof value === 'number' ? value : otherwise)
  return (
    <form
      className={classes['form']}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <fieldset className={classes['plain']} disabled={!mayWrite}>
        <div className={classes['fields']}>
          <NumberInput
            label="A session ends unused after"
            suffix=" minutes"
            value={draft.sessionIdleMinutes}
            onChange={(value) => set({ sessionIdleMinutes: whole(value, draft.sessionIdleMinutes) })}
            min={5}
            max={10_080}
            allowDecimal={false}
          />
          <NumberInput
            label="A session ends in any case after"
            suffix=" hours"
            value={draft.sessionHours}
            onChange={(value) => set({ sessionHours: whole(value, draft.sessionHours) })}
            min={1}
            max={720}
            allowDecimal={false}
          />
          <NumberInput
            label="A new key lives at most"
            description="Empty: keys may have no end."
            suffix=" days"
            value={draft.apiKeyDaysMax ?? ''}
            onChange={(value) => set({ apiKeyDaysMax: typeof value === 'number' ? value : null })}
            min={1}
            max={3_650}
            allowDecimal={false}
          />
          <Select
            label="Keys are made by"
            data={[...madeBy]}
            value={draft.apiKeysMadeBy}
            allowDeselect={false}
            onChange={(value) =>
              set({ apiKeysMadeBy: madeBy.find((one) => one.value === value)?.value ?? draft.apiKeysMadeBy })
            }
          />
        </div>
        <Switch
          label="Passwords"
          description="Off: people come in by one-time links alone, which an admin sends them."
          checked={draft.passwordSignIn}
          onChange={(event) => set({ passwordSignIn: event.currentTarget.checked })}
        />
        <Switch
          label="Tokens of trusted issuers"
          description="Off: no token of another issuer counts, whoever is registered."
          checked={draft.foreignTokens}
          onChange={(event) => set({ foreignTokens: event.currentTarget.checked })}
        />
      </fieldset>
      {save.error === null ? null : <ProblemPanel error={save.error} compact />}
      {mayWrite ? (
        <div className={classes['buttons']}>
          <span className="soft" role="status">
            {save.isSuccess && unchanged ? 'Saved.' : ''}
          </span>
          <Button type="submit" disabled={unchanged} loading={save.isPending} data-testid="save-policies">
            Save
          </Button>
        </div>
      ) : (
        <p className="soft">An admin can change this.</p>
      )}
    </form>
  )
}
