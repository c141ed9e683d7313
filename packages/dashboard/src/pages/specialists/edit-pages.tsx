import { Textarea, TextInput } from '@mantine/core'
import type { Specialist } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { specialistApi, specialistQueries } from '../../api/specialists.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { type Draft, draftAfter, emptyDraft, readDraft } from './draft.ts'
import classes from './specialists.module.css'

/** A specialist with its first version. */
export function NewSpecialistPage() {
  return <SpecialistForm specialist={null} first={emptyDraft} />
}

/** Another version of one that is there; it begins with what the newest says. */
export function NewVersionPage() {
  const { specialistId } = useParams({ from: '/inside/specialists/$specialistId/new-version' })
  const specialist = useQuery({ ...specialistQueries.one(specialistId), refetchOnWindowFocus: false })
  if (specialist.error !== null)
    return <ProblemPanel error={specialist.error} onRetry={() => void specialist.refetch()} />
  const newest = specialist.data?.versions[0]
  if (specialist.data === undefined || newest === undefined) return <Placeholder height={480} />
  const { name, owner } = specialist.data
  return (
    <SpecialistForm specialist={specialist.data} first={draftAfter(name, owner, newest.version, newest.definition)} />
  )
}

function SpecialistForm({ specialist, first }: { readonly specialist: Specialist | null; readonly first: Draft }) {
  const navigate = useNavigate()
  const [draft, setDraft] = useState(first)
  // The same for every try at this form: an answer that got lost makes no second specialist.
  const [idempotencyKey] = useState(() => crypto.randomUUID())
  const change = (values: Partial<Draft>) => setDraft((before) => ({ ...before, ...values }))
  const read = readDraft(draft)
  const title = specialist === null ? 'Propose a specialist' : `Another version of ${specialist.name}`
  return (
    <>
      <PageHead
        title={title}
        tab={title}
        lead="It begins as proposed: nobody finds it before it is evaluated, approved and active. What a version says never changes."
      />
      <Panel>
        <div className={classes['form']} data-testid="specialist-form">
          <div className={classes['fields']}>
            {specialist === null ? (
              <>
                <TextInput
                  label="Name"
                  description="In addresses and catalogs: contract-reviewer"
                  value={draft.name}
                  onChange={({ currentTarget }) => change({ name: currentTarget.value })}
                  maxLength={100}
                  required
                />
                <TextInput
                  label="Owner"
                  description="A team or role that answers for it"
                  value={draft.owner}
                  onChange={({ currentTarget }) => change({ owner: currentTarget.value })}
                  maxLength={200}
                  required
                />
              </>
            ) : null}
            <TextInput
              label="Version"
              description="Semantic, such as 1.2.0"
              value={draft.version}
              onChange={({ currentTarget }) => change({ version: currentTarget.value })}
              maxLength={100}
              required
            />
          </div>
          <Textarea
            label="Definition"
            description="JSON: title, description, skills, endpoints, input and output modes, sensitivityCeiling (PUBLIC, INTERNAL, SENSITIVE, CRITICAL), cost."
            className={classes['code'] ?? ''}
            value={draft.definition}
            onChange={({ currentTarget }) => change({ definition: currentTarget.value })}
            autosize
            minRows={16}
            maxRows={36}
            spellCheck={false}
            required
          />
          {read.kind === 'faults' ? (
            <ul className={classes['faults']} aria-label="Still missing" data-testid="faults">
              {read.faults.map((fault) => (
                <li key={fault} className="soft">
                  {fault}
                </li>
              ))}
            </ul>
          ) : null}
          <GovernedSave
            isChanged={read.kind === 'ready'}
            about="specialists"
            label="Propose it"
            save={async ({ reason }) => {
              if (read.kind !== 'ready') return
              const { name, owner, ...version } = read.order
              const saved =
                specialist === null
                  ? await specialistApi.create({ name, owner, ...version, reason }, idempotencyKey)
                  : await specialistApi.addVersion(
                      specialist.specialistId,
                      { ...version, reason },
                      specialist.revision,
                      idempotencyKey,
                    )
              await navigate({
                to: '/specialists/$specialistId',
                params: { specialistId: saved.specialistId },
                search: { version: version.version },
              })
            }}
          />
        </div>
      </Panel>
    </>
  )
}
