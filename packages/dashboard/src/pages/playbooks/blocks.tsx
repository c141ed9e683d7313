import type { MacroBlock, SchemaChange } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import classes from './playbooks.module.css'

/** What blocks a macro: each dependency with the sentence and every difference. */
export function BlockList({ blocks }: { readonly blocks: readonly MacroBlock[] }) {
  return (
    <ul className={classes['blocks']} data-testid="blocks">
      {blocks.map((block) => (
        <li key={`${block.dependency} ${block.direction}`}>
          <p>
            <strong>{block.because.text}</strong>
          </p>
          <p className="soft">
            {block.direction === 'reading' ? 'Read from' : 'Written to'}{' '}
            <Link to="/playbooks/dependencies">{block.dependency}</Link>, made for <code>{block.range}</code>, published{' '}
            {block.version === null ? 'never' : <code>{block.version}</code>} · <code>{block.because.rule}</code>
          </p>
          {block.changes.length === 0 ? null : <Changes block={block} />}
        </li>
      ))}
    </ul>
  )
}

const tones: Readonly<Record<SchemaChange['kind'], Tone>> = {
  added: 'healthy',
  removed: 'failing',
  changed: 'degraded',
  widened: 'healthy',
  narrowed: 'degraded',
}

function Changes({ block }: { readonly block: MacroBlock }) {
  return (
    <div className={classes['scroll']}>
      <table className={classes['changes']} aria-label={`Differences of ${block.dependency}`}>
        <thead>
          <tr>
            <th>Where</th>
            <th>What</th>
            <th>The macro was made for</th>
            <th>Published</th>
            <th>Breaks it</th>
          </tr>
        </thead>
        <tbody>
          {block.changes.map((change) => (
            <tr key={`${change.path} ${change.because.rule}`}>
              <td>
                <code>{change.path}</code>
              </td>
              <td>
                <MarkedWord tone={tones[change.kind]} word={change.kind} /> <code>{change.because.rule}</code>
              </td>
              <td>{shown(change.because.limit)}</td>
              <td>{shown(change.because.observed)}</td>
              <td>{breaks(change, block.direction) ? 'yes' : 'no'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function shown(value: SchemaChange['because']['limit']) {
  if (value === null) return <span className="soft">nothing</span>
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return (
    <code className={classes['value']} title={text}>
      {text}
    </code>
  )
}

function breaks({ effect }: SchemaChange, direction: MacroBlock['direction']): boolean {
  return effect === 'both' || effect === (direction === 'reading' ? 'widens' : 'narrows')
}
