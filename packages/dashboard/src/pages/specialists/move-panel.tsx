import { Button, NumberInput, TextInput } from '@mantine/core'
import type { Specialist, SpecialistMoveOrder, SpecialistVerb, SpecialistVersion } from '@metaagent/contract'
import { useState } from 'react'
import type { z } from 'zod'
import { specialistApi } from '../../api/specialists.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Panel } from '../../ui/page.tsx'
import classes from './specialists.module.css'
import { verbsOf, verbWords } from './words.tsx'

/** What can be done with a version where it stands. */
export function MovePanel({
  specialist,
  version,
}: {
  readonly specialist: Specialist
  readonly version: SpecialistVersion
}) {
  const [verb, setVerb] = useState<SpecialistVerb | null>(null)
  const verbs = verbsOf[version.state]
  if (verbs.length === 0)
    return (
      <Panel title="What next">
        <p className="soft">A retired version stays so. Propose another one.</p>
      </Panel>
    )
  const chosen = verb !== null && verbs.includes(verb) ? verb : null
  return (
    <Panel title="What next" note={chosen === null ? undefined : verbWords[chosen].about} testId="moves">
      <div className={classes['form']}>
        <div className={classes['buttons']}>
          {verbs.map((one) => (
            <Button
              key={one}
              variant={one === chosen ? 'filled' : 'default'}
              size="xs"
              aria-pressed={one === chosen}
              onClick={() => setVerb(one === chosen ? null : one)}
              data-testid={`verb-${one}`}
            >
              {verbWords[one].label}
            </Button>
          ))}
        </div>
        {chosen === null ? null : (
          <MoveForm
            key={`${version.version} ${chosen}`}
            specialist={specialist}
            version={version}
            verb={chosen}
            onDone={() => setVerb(null)}
          />
        )}
      </div>
    </Panel>
  )
}

function MoveForm({
  specialist,
  version,
  verb,
  onDone,
}: {
  readonly specialist: Specialist
  readonly version: SpecialistVersion
  readonly verb: SpecialistVerb
  readonly onDone: () => void
}) {
  const [trainingRun, setTrainingRun] = useState('')
  const [suite, setSuite] = useState('')
  const [evidence, setEvidence] = useState('')
  const [score, setScore] = useState<number | string>('')
  const order: Omit<z.input<typeof SpecialistMoveOrder>, 'reason'> = {
    version: version.version,
    verb,
    ...(verb === 'train' && trainingRun.trim() !== '' ? { trainingRun: trainingRun.trim() } : {}),
    ...(verb === 'evaluate'
      ? {
          evaluation: {
            suite: suite.trim(),
            score: typeof score === 'number' ? score : null,
            evidence: evidence.trim() === '' ? null : evidence.trim(),
          },
        }
      : {}),
  }
  return (
    <>
      {verb === 'train' ? (
        <TextInput
          label="Training run"
          description="How it is called where it is trained; may stay empty."
          value={trainingRun}
          onChange={({ currentTarget }) => setTrainingRun(currentTarget.value)}
          maxLength={300}
        />
      ) : null}
      {verb === 'evaluate' ? (
        <div className={classes['fields']}>
          <TextInput
            label="Evaluated by"
            value={suite}
            onChange={({ currentTarget }) => setSuite(currentTarget.value)}
            maxLength={200}
            required
          />
          <NumberInput
            label="Score, 0 to 1"
            description="Empty: none was measured."
            value={score}
            onChange={setScore}
            min={0}
            max={1}
            step={0.01}
          />
          <TextInput
            label="Evidence"
            description="Where it can be looked up."
            value={evidence}
            onChange={({ currentTarget }) => setEvidence(currentTarget.value)}
            maxLength={2_000}
          />
        </div>
      ) : null}
      <GovernedSave
        isChanged={verb !== 'evaluate' || suite.trim() !== ''}
        isGrave={verb === 'retire'}
        about="specialists"
        label={verbWords[verb].label}
        save={(particulars) =>
          specialistApi.move(specialist.specialistId, { ...order, ...particulars }, specialist.revision)
        }
        onSaved={onDone}
      />
    </>
  )
}
