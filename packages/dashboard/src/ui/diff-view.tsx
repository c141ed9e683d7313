import type { DiffLine, TextDiff } from '@metaagent/contract'
import { useState } from 'react'
import { useShortcuts } from '../app/shortcuts.tsx'
import { plural } from '../format/number.ts'
import { sideBySide } from './diff-lines.ts'
import classes from './diff-view.module.css'

export type DiffShape = 'unified' | 'split'

/**
 * What changed in a text, line by line. Added and removed lines carry a sign beside their colour; `v` turns between one
 * column and two.
 */
export function DiffView({
  hunks,
  shape = 'unified',
  onShape,
  isKeyed = true,
  label,
  empty = 'Nothing changes.',
}: {
  readonly hunks: TextDiff['hunks']
  readonly shape?: DiffShape
  /** Left out: it is read in one column alone. */
  readonly onShape?: (shape: DiffShape) => void
  /** False where several stand on a page: a key would turn but one of them. */
  readonly isKeyed?: boolean
  readonly label: string
  readonly empty?: string
}) {
  const other: DiffShape = shape === 'unified' ? 'split' : 'unified'
  useShortcuts(
    onShape === undefined || !isKeyed
      ? []
      : [{ keys: 'v', label: 'One column or two', group: 'Difference', run: () => onShape(other) }],
  )
  if (hunks.length === 0) return <p className="soft">{empty}</p>
  return (
    <div className={classes['frame']}>
      <div className={classes['bar']}>
        <DiffCounts hunks={hunks} />
        {onShape === undefined ? null : (
          <button type="button" className={classes['turn']} onClick={() => onShape(other)} data-testid="diff-shape">
            {shape === 'unified' ? 'Side by side' : 'One column'} {isKeyed ? <kbd>v</kbd> : null}
          </button>
        )}
      </div>
      <table className={classes['diff']} data-shape={shape} aria-label={label} data-testid="diff">
        <Columns shape={shape} />
        {hunks.map((hunk) => (
          <tbody key={hunk.header}>
            <tr className={classes['hunk']}>
              <th colSpan={shape === 'unified' ? 3 : 4} scope="rowgroup">
                {hunk.header}
              </th>
            </tr>
            {shape === 'unified' ? <UnifiedLines lines={hunk.lines} /> : <SplitLines lines={hunk.lines} />}
          </tbody>
        ))}
      </table>
    </div>
  )
}

function Columns({ shape }: { readonly shape: DiffShape }) {
  const number = <col className={classes['number-column']} />
  return shape === 'unified' ? (
    <colgroup>
      {number}
      {number}
      <col />
    </colgroup>
  ) : (
    <colgroup>
      {number}
      <col />
      {number}
      <col />
    </colgroup>
  )
}

function DiffCounts({ hunks }: { readonly hunks: TextDiff['hunks'] }) {
  const lines = hunks.flatMap((hunk) => hunk.lines)
  const added = lines.filter(({ kind }) => kind === 'added').length
  const removed = lines.filter(({ kind }) => kind === 'removed').length
  return (
    <span>
      {plural(added, 'line')} added, {removed} removed
    </span>
  )
}

const signs: Readonly<Record<DiffLine['kind'], string>> = { same: '', added: '+', removed: '−' }
const words: Readonly<Record<DiffLine['kind'], string>> = { same: '', added: 'added: ', removed: 'removed: ' }

function UnifiedLines({ lines }: { readonly lines: readonly DiffLine[] }) {
  return lines.map((line) => (
    <tr key={`${line.oldLine} ${line.newLine}`} data-kind={line.kind}>
      <td className={classes['number']}>{line.oldLine}</td>
      <td className={classes['number']}>{line.newLine}</td>
      <Text line={line} />
    </tr>
  ))
}

function SplitLines({ lines }: { readonly lines: readonly DiffLine[] }) {
  return sideBySide(lines).map(({ before, after }) => (
    <tr key={`${before?.oldLine} ${after?.newLine}`}>
      <td className={classes['number']}>{before?.oldLine}</td>
      {before === null ? <td className={classes['none']} /> : <Text line={before} />}
      <td className={classes['number']}>{after?.newLine}</td>
      {after === null ? <td className={classes['none']} /> : <Text line={after} />}
    </tr>
  ))
}

function Text({ line }: { readonly line: DiffLine }) {
  return (
    <td className={classes['text']} data-kind={line.kind}>
      <span className={classes['sign']} aria-hidden="true">
        {signs[line.kind]}
      </span>
      <span className="visually-hidden">{words[line.kind]}</span>
      {line.text}
    </td>
  )
}

/** A difference that remembers its own shape, where no address does. */
export function OwnDiffView(props: Omit<Parameters<typeof DiffView>[0], 'shape' | 'onShape' | 'isKeyed'>) {
  const [shape, setShape] = useState<DiffShape>('unified')
  return <DiffView {...props} isKeyed={false} shape={shape} onShape={setShape} />
}
