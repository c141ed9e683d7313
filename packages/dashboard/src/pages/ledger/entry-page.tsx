import type { LedgerEntry } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams, useSearch } from '@tanstack/react-router'
import { Fragment } from 'react'
import { queries } from '../../api/queries.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Explained, Instant } from '../../ui/value.tsx'
import { type EntryField, entryFields } from './fields.ts'
import classes from './ledger.module.css'
import { VerifyPanel } from './verify-panel.tsx'

/** One entry of the ledger: what it says, what of it is sealed, and its proof. */
export function EntryPage() {
  const { index } = useParams({ from: '/inside/ledger/entries/$index' })
  const { verify } = useSearch({ from: '/inside/ledger/entries/$index' })
  const entry = useQuery(queries.ledgerEntry(Number(index)))
  if (entry.error !== null) return <ProblemPanel error={entry.error} onRetry={() => void entry.refetch()} />
  if (entry.data === undefined) return <Placeholder height="80vh" />
  return <Entry key={entry.data.index} entry={entry.data} verify={verify === 'true'} />
}

function Entry({ entry, verify }: { readonly entry: LedgerEntry; readonly verify: boolean }) {
  return (
    <>
      <PageHead
        title={entry.type}
        tab={`Entry ${entry.index}`}
        lead={
          <>
            <Link to="/ledger">Ledger</Link> · entry {entry.index} · about {entry.subject}
          </>
        }
      />
      <div className={classes['entry']}>
        <div className={classes['parts']}>
          <Panel
            title="What it says"
            note="Every field of the entry. What is personal is encrypted in the ledger itself."
            testId="entry-fields"
          >
            <FieldTable fields={entryFields(leafOf(entry), entry.content)} />
          </Panel>
          <Panel title="Where it stands">
            <Facts
              items={[
                ['Index', String(entry.index)],
                ['Happened', <Instant key="at" at={entry.occurredAt} precision="millisecond" />],
                ['Written to the tree', <Instant key="in" at={entry.sequencedAt} precision="millisecond" />],
                [
                  'Event',
                  <span key="event">
                    <code>{entry.eventId}</code> <CopyButton text={entry.eventId} what="the event id" />
                  </span>,
                  'wide',
                ],
                ['Leaf hash', <code key="leaf">{entry.leafHash}</code>, 'wide'],
              ]}
            />
          </Panel>
        </div>
        <VerifyPanel index={entry.index} atOnce={verify} />
      </div>
    </>
  )
}

// Long paths break where a person would break them.
function BreakAtDots({ text }: { readonly text: string }) {
  return text.split('.').map((part, place) => (
    // Parts have no identity besides their place in the path.
    <Fragment key={`${place} ${part}`}>
      {place === 0 ? part : `.${part}`}
      <wbr />
    </Fragment>
  ))
}

function leafOf({ leaf, content }: LedgerEntry): LedgerEntry['content'] {
  try {
    return JSON.parse(leaf)
  } catch {
    return content
  }
}

function FieldTable({ fields }: { readonly fields: readonly EntryField[] }) {
  return (
    <table className={classes['fields']}>
      <tbody>
        {fields.map(({ path, text, state }) => (
          <tr key={path} data-state={state}>
            <th scope="row">
              <BreakAtDots text={path} />
            </th>
            <td>
              {state === 'erased' ? (
                <Explained tip="The key of the person was destroyed. Nobody can read this any more; the proof stays valid.">
                  <Icon name="seal" size={13} /> erased
                </Explained>
              ) : (
                text
              )}
              {state === 'sealed' ? (
                <Explained tip="Personal: encrypted in the ledger under the person’s own key, and opened for you.">
                  <span className={classes['sealed']}>
                    <Icon name="seal" size={12} /> sealed
                  </span>
                </Explained>
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
