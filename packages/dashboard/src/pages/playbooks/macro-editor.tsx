import { Checkbox, Select, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Impact, type Macro, MacroDefinition, MacroName, type MacroValidation } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { z } from 'zod'
import { playbookApi, playbookQueries } from '../../api/playbooks.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { starter } from './examples.ts'
import { readJson } from './json-text.ts'
import { KindList } from './kind-list.tsx'
import classes from './playbooks.module.css'
import { lineOfPointer } from './pointer-lines.ts'
import { Problems, type ShownProblem } from './problems.tsx'
import { PlaybookTabs } from './tabs.tsx'

/** Writes a new macro. */
export function NewMacroPage() {
  return (
    <>
      <PageHead
        title="Write a macro"
        tab="Write a macro"
        lead="Steps run one after another. What succeeded before a failure is undone in reverse."
      />
      <PlaybookTabs />
      <Editor macro={null} />
    </>
  )
}

/** Changes a macro; another definition becomes another version. */
export function EditMacroPage() {
  const { macro: name } = useParams({ from: '/inside/playbooks/$macro/edit' })
  const macro = useQuery(playbookQueries.macro(name))
  return (
    <>
      <PageHead
        title={`Change ${name}`}
        tab={`Change ${name}`}
        lead="Another definition is another version. Executions under way keep the one that they began with."
      >
        <LinkButton to="/playbooks/$macro" params={{ macro: name }} variant="default">
          Leave it
        </LinkButton>
      </PageHead>
      <PlaybookTabs />
      {macro.error !== null ? (
        <ProblemPanel error={macro.error} onRetry={() => void macro.refetch()} />
      ) : macro.data === undefined ? (
        <Placeholder height={560} />
      ) : (
        <Editor key={macro.data.version} macro={macro.data} />
      )}
    </>
  )
}

const written = (definition: unknown) => JSON.stringify(definition, null, 2)

function Editor({ macro }: { readonly macro: Macro | null }) {
  const navigate = useNavigate()
  const source = useRef<HTMLTextAreaElement>(null)
  const [name, setName] = useState(macro?.name ?? '')
  const [description, setDescription] = useState(macro?.description ?? '')
  const [impact, setImpact] = useState<Impact>(macro?.impact ?? 'MODERATE')
  const [environments, setEnvironments] = useState<string[]>(macro?.environments.slice() ?? ['production'])
  const [enabled, setEnabled] = useState(macro?.enabled ?? false)
  const [text, setText] = useState(() => written(macro?.definition ?? starter))
  const checked = useChecked(text, MacroName.safeParse(name).success ? name : null)
  const nameFault = macro !== null || name === '' ? null : (MacroName.safeParse(name).error?.issues[0]?.message ?? null)
  const isComplete = MacroName.safeParse(name).success && checked.definition !== null && checked.problems.length === 0
  const showLine = (line: number) => {
    const area = source.current
    if (area === null) return
    const lines = text.split('\n')
    const from = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0)
    area.focus()
    area.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0))
  }
  return (
    <div className={classes['parts']}>
      <Panel title="About it" testId="macro-fields">
        <div className={classes['parts']}>
          <div className={classes['fields']}>
            <TextInput
              label="Name"
              description="Lower case letters, digits, - and _"
              value={name}
              onChange={({ currentTarget }) => setName(currentTarget.value)}
              disabled={macro !== null}
              error={nameFault === null ? null : `A name ${nameFault}.`}
            />
            <Select
              label="Impact of a run"
              description="What running it by hand is judged by"
              data={Impact.options}
              value={impact}
              onChange={(chosen) => setImpact(Impact.options.find((one) => one === chosen) ?? impact)}
              allowDeselect={false}
            />
            <TagsInput
              label="Environments"
              description="Where it may run"
              data={['production', 'staging', 'development']}
              value={environments}
              onChange={setEnvironments}
            />
          </div>
          <TextInput
            label="What it does"
            value={description}
            onChange={({ currentTarget }) => setDescription(currentTarget.value)}
            maxLength={2000}
          />
          <Checkbox
            label="Enabled: it can be started, by hand, by fallbacks and by other macros"
            checked={enabled}
            onChange={({ currentTarget }) => setEnabled(currentTarget.checked)}
          />
        </div>
      </Panel>
      <div className={classes['columns']}>
        <Panel title="Definition" note="Inputs, steps and dependencies as JSON" testId="macro-source">
          <Textarea
            ref={source}
            aria-label="Definition"
            className={classes['source'] ?? ''}
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
            rows={26}
            spellCheck={false}
          />
        </Panel>
        <div className={classes['parts']}>
          <Problems
            problems={checked.problems}
            blocks={checked.blocks}
            isChecking={checked.isChecking}
            error={checked.error}
            onShow={showLine}
          />
          <KindList />
        </div>
      </div>
      <Panel title="Save" note="The governance rules say whether somebody has to approve it.">
        <GovernedSave
          about="playbooks"
          isChanged={isComplete}
          save={async (particulars) => {
            const { definition } = checked
            if (definition === null) return
            const change = { description, impact, environments, enabled, definition, ...particulars }
            const saved =
              macro === null
                ? await playbookApi.add({ name, ...change })
                : await playbookApi.change(macro.name, { ...change, expectedVersion: macro.version })
            await navigate({ to: '/playbooks/$macro', params: { macro: saved.name } })
          }}
        />
      </Panel>
    </div>
  )
}

interface Checked {
  readonly definition: z.input<typeof MacroDefinition> | null
  readonly problems: readonly ShownProblem[]
  readonly blocks: z.infer<typeof MacroValidation>['blocks']
  readonly isChecking: boolean
  readonly error: Error | null
}

/** What is wrong with a text: as JSON, as a definition, and in the eyes of the server, each with its line. */
function useChecked(text: string, name: string | null): Checked {
  const [settled] = useDebouncedValue(text, 400)
  const json = readJson(text)
  const parsed = json.ok ? MacroDefinition.safeParse(json.value) : null
  const isReady = parsed?.success === true && settled === text
  const definition = json.ok && parsed?.success === true ? (json.value as z.input<typeof MacroDefinition>) : null
  const found = useQuery({
    ...playbookQueries.validation(name, definition ?? starter, settled),
    enabled: isReady,
  })
  if (!json.ok) {
    const line = json.offset === null ? null : text.slice(0, json.offset).split('\n').length
    return { definition, problems: [{ path: '', text: json.fault, line }], blocks: [], isChecking: false, error: null }
  }
  if (parsed?.success !== true) {
    const problems = (parsed?.error?.issues ?? []).map(({ path, message }) => {
      const pointer = path.map((part) => `/${String(part)}`).join('')
      return { path: pointer, text: `${message}.`, line: lineOfPointer(text, pointer) }
    })
    return { definition, problems, blocks: [], isChecking: false, error: null }
  }
  const problems = (found.data?.problems ?? []).map(({ path, because }) => ({
    path,
    text: because.text,
    line: lineOfPointer(text, path),
  }))
  const isChecking = found.isFetching || settled !== text
  return { definition, problems, blocks: found.data?.blocks ?? [], isChecking, error: found.error }
}
