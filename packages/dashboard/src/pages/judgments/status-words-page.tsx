import { Button, Select, TextInput } from '@mantine/core'
import { StatusMeaning, type StatusWord, type StatusWordTable } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { judgmentApi, judgmentQueries } from '../../api/judgments.ts'
import { queries } from '../../api/queries.ts'
import { plural } from '../../format/number.ts'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { Icon } from '../../ui/icon.tsx'
import { PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './judgments.module.css'
import { MeaningMark } from './words.tsx'

/** The words by which judges' answers are read: the organization's own and those that are shipped. */
export function StatusWordsPage() {
  const table = useQuery(judgmentQueries.words())
  return (
    <>
      <PageHead
        title="Status words"
        tab="Status words"
        lead="What the words of judges mean. A word that is not listed is refused and never guessed."
      />
      {table.error !== null ? (
        <ProblemPanel error={table.error} onRetry={() => void table.refetch()} />
      ) : table.data === undefined ? (
        <Placeholder height={480} />
      ) : (
        <div className={classes['page']}>
          {/* A change by somebody else begins a new draft: saving the old one would be refused anyway. */}
          <OwnWords key={table.data.version} table={table.data} />
          <ShippedWords table={table.data} />
        </div>
      )}
    </>
  )
}

function OwnWords({ table }: { readonly table: StatusWordTable }) {
  const { words, version, changedAt, reason } = table
  const me = useQuery(queries.me())
  const mayChange = me.data?.scopes.includes('status-words:write') === true
  const [draft, setDraft] = useState<readonly StatusWord[]>(words)
  const set = (at: number, values: Partial<StatusWord>) =>
    setDraft(draft.map((one, index) => (index === at ? { ...one, ...values } : one)))
  const filled = draft.filter(({ word }) => word.trim() !== '')
  return (
    <Panel
      title="Your own words"
      note={
        changedAt === null ? (
          'None were added yet. They come before the shipped ones.'
        ) : (
          <>
            Version {version}, changed <Instant at={changedAt} precision="minute" />: {reason}
          </>
        )
      }
      testId="own-words"
    >
      <div className={classes['column']}>
        {draft.length === 0 ? <p className="soft">A word that your judges use can be added here.</p> : null}
        {draft.map((one, at) => (
          // A word has no id of its own and changes while it is typed: its place is what it is.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <div key={at} className={classes['word']}>
            <TextInput
              aria-label={`Word ${at + 1}`}
              placeholder="meets the bar"
              value={one.word}
              maxLength={100}
              disabled={!mayChange}
              onChange={({ currentTarget }) => set(at, { word: currentTarget.value })}
            />
            <Select
              aria-label={`Meaning of word ${at + 1}`}
              data={StatusMeaning.options}
              value={one.meaning}
              allowDeselect={false}
              disabled={!mayChange}
              onChange={(chosen) =>
                set(at, { meaning: StatusMeaning.options.find((known) => known === chosen) ?? one.meaning })
              }
            />
            {mayChange ? (
              <Button
                variant="subtle"
                color="red"
                aria-label={`Remove word ${at + 1}`}
                onClick={() => setDraft(draft.filter((_, index) => index !== at))}
              >
                Remove
              </Button>
            ) : null}
          </div>
        ))}
        {mayChange ? (
          <>
            <div>
              <Button
                variant="default"
                size="xs"
                leftSection={<Icon name="plus" size={14} />}
                onClick={() => setDraft([...draft, { word: '', meaning: 'fail' }])}
              >
                Add a word
              </Button>
            </div>
            <GovernedSave
              about="judgments"
              isChanged={filled.length > 0 || words.length > 0 ? !isSame(filled, words) : false}
              save={(particulars) =>
                judgmentApi.changeWords({ words: filled, expectedVersion: version, ...particulars })
              }
              reasonHint="It is kept with the change. A word that would let more answers pass needs an approval."
              extra={
                <Button variant="default" onClick={() => setDraft(words)}>
                  Undo
                </Button>
              }
            />
          </>
        ) : (
          <p className="soft">Changing words needs the scope status-words:write.</p>
        )}
      </div>
    </Panel>
  )
}

function isSame(a: readonly StatusWord[], b: readonly StatusWord[]): boolean {
  const textOf = (words: readonly StatusWord[]) =>
    words.map(({ word, meaning }) => `${word.trim()} ${meaning}`).join('\n')
  return textOf(a) === textOf(b)
}

function ShippedWords({ table: { words, shipped } }: { readonly table: StatusWordTable }) {
  const own = new Set(words.map(({ word }) => word))
  return (
    <Panel
      title="Shipped words"
      note={`${plural(shipped.length, 'word')}; case, quotes and hyphens do not matter`}
      testId="shipped-words"
    >
      <div className={classes['column']}>
        {StatusMeaning.options.map((meaning) => (
          <div key={meaning}>
            <h3 className={classes['meaning']}>
              <MeaningMark meaning={meaning} />
            </h3>
            <ul className={classes['words']}>
              {shipped
                .filter((one) => one.meaning === meaning)
                .map(({ word }) => (
                  <li
                    key={word}
                    data-replaced={own.has(word)}
                    title={own.has(word) ? 'Your own word replaces it' : undefined}
                  >
                    {word}
                  </li>
                ))}
            </ul>
          </div>
        ))}
      </div>
    </Panel>
  )
}
