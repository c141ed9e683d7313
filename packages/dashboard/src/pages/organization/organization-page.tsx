import { Button, Select, TextInput } from '@mantine/core'
import type { Organization } from '@metaagent/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { organizationApi, organizationQueries } from '../../api/organization.ts'
import { queries } from '../../api/queries.ts'
import { useNow } from '../../app/clock.ts'
import { formatInstant } from '../../format/time.ts'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import classes from './organization.module.css'
import { OriginsPanel } from './origins-panel.tsx'
import { PoliciesPanel } from './policies-panel.tsx'
import { zonesWith } from './zones.ts'

/** The organization: its name, where its days begin and what that moves, and whose web pages may read its status. */
export function OrganizationPage() {
  const organization = useQuery(organizationQueries.own())
  const me = useQuery(queries.me())
  const mayWrite = me.data?.scopes.includes('identity:write') === true
  return (
    <>
      <PageHead
        title="Organization"
        tab="Organization"
        lead="Its name, where its days begin, and who may show its health."
      />
      {organization.error !== null ? (
        <ProblemPanel error={organization.error} onRetry={() => void organization.refetch()} />
      ) : organization.data === undefined || me.data === undefined ? (
        <Placeholder height={320} />
      ) : (
        <div className={classes['stack']}>
          <Profile organization={organization.data} mayWrite={mayWrite} />
          <ZoneMoves />
          {me.data.scopes.includes('identity:read') ? <PoliciesPanel mayWrite={mayWrite} /> : null}
          {me.data.scopes.includes('identity:read') ? <OriginsPanel mayWrite={mayWrite} /> : null}
        </div>
      )}
    </>
  )
}

function Profile({ organization, mayWrite }: { readonly organization: Organization; readonly mayWrite: boolean }) {
  const client = useQueryClient()
  const now = useNow()
  const [name, setName] = useState(organization.name)
  const [timeZone, setTimeZone] = useState(organization.timeZone)
  const save = useMutation({
    mutationFn: () => organizationApi.change({ name: name.trim(), timeZone }),
    onSuccess: (saved) => {
      client.setQueryData(organizationQueries.own().queryKey, saved)
      setName(saved.name)
      void client.invalidateQueries({ queryKey: ['me'] })
    },
  })
  const unchanged = name.trim() === organization.name && timeZone === organization.timeZone
  return (
    <Panel title="Name and time zone" testId="organization">
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <div className={classes['fields']}>
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={200}
            disabled={!mayWrite}
            required
          />
          <Select
            label="Time zone"
            description={`There it is ${formatInstant(new Date(now).toISOString(), { timeZone }, 'minute')} now.`}
            data={zonesWith(organization.timeZone)}
            value={timeZone}
            onChange={(value) => setTimeZone(value ?? organization.timeZone)}
            searchable
            onFocus={(event) => event.currentTarget.select()}
            limit={60}
            nothingFoundMessage="No zone is called that. They are named like Europe/Berlin."
            allowDeselect={false}
            disabled={!mayWrite}
            data-testid="time-zone"
          />
        </div>
        {timeZone === organization.timeZone ? null : (
          <p className={classes['warning']} role="status">
            Days will begin at midnight in {timeZone} and no longer in {organization.timeZone}: daily metrics are
            computed again, and open windows of service levels begin at another time.
          </p>
        )}
        {save.error === null ? null : <ProblemPanel error={save.error} compact />}
        {mayWrite ? (
          <div className={classes['buttons']}>
            <span className="soft" role="status">
              {save.isSuccess && unchanged ? 'Saved.' : ''}
            </span>
            <Button
              type="submit"
              disabled={unchanged || name.trim() === ''}
              loading={save.isPending}
              data-testid="save-organization"
            >
              Save
            </Button>
          </div>
        ) : (
          <p className="soft">An admin can change this.</p>
        )}
      </form>
    </Panel>
  )
}

function ZoneMoves() {
  return (
    <Panel title="What the time zone moves" testId="zone-moves">
      <dl className={classes['moves']}>
        <dt>Daily metrics</dt>
        <dd>
          Every day is computed again for the new zone from the stored sums. A finished day whose figures differ is told
          as <code>metrics.day.corrected</code>.
        </dd>
        <dt>Service levels</dt>
        <dd>
          Open calendar windows (week, month, quarter) begin at midnight in the new zone and are counted again. Windows
          that are closed and reports that were issued stay as they were; the next report names its zone.
        </dd>
        <dt>Not moved</dt>
        <dd>
          Rolling windows, which have no midnight. Daily and weekly summaries of alerts and their muted hours, which
          follow the time zone of the alert routing. Probes, which have a zone each. The times on these pages, which are
          shown in your own zone or UTC.
        </dd>
      </dl>
    </Panel>
  )
}
