import { Button, Textarea } from '@mantine/core'
import { type DiscoveredSpecialist, Sensitivity } from '@metaagent/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { defined } from '../../address/search.ts'
import { specialistQueries } from '../../api/specialists.ts'
import { plural } from '../../format/number.ts'
import { Choice } from '../../ui/choice.tsx'
import { CommitInput } from '../../ui/commit-input.tsx'
import { Empty, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Explained, Unknown } from '../../ui/value.tsx'
import type { FindSearch } from './search.ts'
import classes from './specialists.module.css'
import { SpecialistTabs } from './tabs.tsx'

/** Who can do a task: what agents are answered, for people. */
export function FindPage() {
  const search = useSearch({ from: '/inside/specialists/find' })
  const navigate = useNavigate()
  const change = (values: { [Key in keyof FindSearch]?: FindSearch[Key] | undefined }) =>
    void navigate({ to: '/specialists/find', search: defined({ ...search, ...values }), replace: true })
  return (
    <>
      <PageHead title="Find a specialist" tab="Find a specialist" lead="Whom agents are given when they ask for one.">
        <Choice
          label="Sensitivity of the data"
          all="Any data"
          value={search.sensitivity}
          options={Sensitivity.options}
          onChange={(sensitivity) => change({ sensitivity: Sensitivity.options.find((one) => one === sensitivity) })}
        />
        <Choice
          label="Whose"
          all="Own and others’"
          value={search.origin}
          options={[
            { value: 'own', label: 'Own' },
            { value: 'foreign', label: 'Others’' },
          ]}
          onChange={(origin) => change({ origin: origin === 'own' || origin === 'foreign' ? origin : undefined })}
        />
        <CommitInput label="Skill (its id)" value={search.skill} onCommit={(skill) => change({ skill })} />
        <CommitInput label="Tag" value={search.tag} onCommit={(tag) => change({ tag })} width={110} />
        <CommitInput label="Words" value={search.q} onCommit={(q) => change({ q })} width={130} />
      </PageHead>
      <SpecialistTabs />
      <div className={classes['parts']}>
        <Panel>
          <Textarea
            key={search.like ?? ''}
            label="The task in words"
            description="The most alike come first. Ctrl and Enter, or leaving the field, asks."
            defaultValue={search.like ?? ''}
            autosize
            minRows={2}
            maxLength={4_000}
            onBlur={({ currentTarget }) => change({ like: currentTarget.value.trim() || undefined })}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.blur()
            }}
            data-testid="task"
          />
        </Panel>
        <Found search={search} />
      </div>
    </>
  )
}

function Found({ search }: { readonly search: FindSearch }) {
  const found = useInfiniteQuery(specialistQueries.discovery({ ...search }))
  if (found.error !== null) return <ProblemPanel error={found.error} onRetry={() => void found.refetch()} />
  if (found.data === undefined) return <Placeholder height={240} />
  const items = found.data.pages.flatMap((page) => page.items)
  const [first] = found.data.pages
  if (items.length === 0)
    return (
      <Panel>
        <Empty title="Nobody fits">
          Found are specialists with an active version, and cards of others that were approved as they are.
        </Empty>
      </Panel>
    )
  const waiting = first?.withoutVector ?? 0
  return (
    <Panel
      title={plural(items.length, 'specialist')}
      note={
        first?.embedder == null
          ? 'by name'
          : `the most alike first, by ${first.embedder}${waiting === 0 ? '' : `; of ${waiting} the likeness is not known yet`}`
      }
      testId="found"
    >
      <ol className={classes['found']}>
        {items.map((item) => (
          <FoundOne key={`${item.origin} ${item.id}`} item={item} isRanked={first?.embedder != null} />
        ))}
      </ol>
      {found.hasNextPage ? (
        <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          Show more
        </Button>
      ) : null}
    </Panel>
  )
}

function FoundOne({ item, isRanked }: { readonly item: DiscoveredSpecialist; readonly isRanked: boolean }) {
  return (
    <li>
      <div className={classes['head']}>
        <b>
          {item.origin === 'own' ? (
            <Link to="/specialists/$specialistId" params={{ specialistId: item.id }} search={{}}>
              {item.title}
            </Link>
          ) : (
            <Link to="/specialists/cards/$cardId" params={{ cardId: item.id }}>
              {item.title}
            </Link>
          )}
        </b>
        <span className="soft">
          {item.version}, {item.origin === 'own' ? 'own' : 'of others'}, data up to {item.sensitivityCeiling}
        </span>
        {isRanked ? (
          <span className={classes['likeness']}>
            {item.similarity === null ? (
              <Unknown why={item.because.text} />
            ) : (
              <Explained tip={item.because.text}>{item.similarity.toFixed(2)}</Explained>
            )}
          </span>
        ) : null}
      </div>
      <p>{item.description}</p>
      <p className="soft">{item.skills.map(({ id, name }) => `${name} (${id})`).join(', ')}</p>
    </li>
  )
}
