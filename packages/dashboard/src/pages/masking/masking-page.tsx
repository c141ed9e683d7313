import type { MaskingOverview, MaskingSettings } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import { DataTabs } from '../../ui/data-tabs.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import { AgentsPanel } from './agents-panel.tsx'
import classes from './masking.module.css'
import { RevealPanel } from './reveal-panel.tsx'
import { SettingsForm } from './settings-form.tsx'
import { TryPanel } from './try-panel.tsx'

/** What is masked before storage: for the organization, for agents that have it otherwise, and on a text to try. */
export function MaskingPage() {
  const masking = useQuery(queries.masking())
  return (
    <>
      <PageHead
        title="Masking"
        tab="Masking"
        lead="Secrets and personal data are replaced before anything is stored. What is gone cannot be brought back."
      />
      <DataTabs />
      {masking.error !== null ? (
        <ProblemPanel error={masking.error} onRetry={() => void masking.refetch()} />
      ) : masking.data === undefined ? (
        <div className={classes['page']}>
          <Placeholder height={720} />
          <Placeholder height={380} />
        </div>
      ) : (
        // A change by somebody else begins a new draft: saving the old one would be refused anyway.
        <Settings key={masking.data.organization.version} overview={masking.data} />
      )}
    </>
  )
}

function Settings({ overview }: { readonly overview: MaskingOverview }) {
  const { organization, agents } = overview
  const [draft, setDraft] = useState<MaskingSettings>(organization.settings)
  const { version, changedAt } = organization
  const note =
    changedAt === null ? (
      'As installed: everything that has a form is masked.'
    ) : (
      <>
        Version {version}, changed <Instant at={changedAt} precision="minute" />
      </>
    )
  return (
    <div className={classes['page']}>
      <div className={classes['column']}>
        <Panel title="Organization" note={note} testId="masking-settings">
          <SettingsForm state={organization} draft={draft} onChange={setDraft} />
        </Panel>
        <AgentsPanel agents={agents} />
      </div>
      <div className={classes['column']}>
        <TryPanel settings={draft} isSaved={draft === organization.settings} />
        <RevealPanel />
      </div>
    </div>
  )
}
