import type { MacroBlock } from '@metaagent/contract'
import { MarkedWord } from '../../ui/mark.tsx'
import { Panel } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { BlockList } from './blocks.tsx'
import classes from './playbooks.module.css'

/** A problem of a definition, with the line on which it stands when that is known. */
export interface ShownProblem {
  readonly path: string
  readonly text: string
  readonly line: number | null
}

/** Every problem of what is being written; one that has a line leads to it. */
export function Problems({
  problems,
  blocks,
  isChecking,
  error,
  onShow,
}: {
  readonly problems: readonly ShownProblem[]
  readonly blocks: readonly MacroBlock[]
  readonly isChecking: boolean
  readonly error: Error | null
  readonly onShow: (line: number) => void
}) {
  return (
    <Panel title="Problems" note={isChecking ? 'Checking …' : undefined} testId="macro-problems">
      <div className={classes['parts']} aria-live="polite">
        {error === null ? null : <ProblemPanel error={error} compact />}
        {problems.length === 0 ? (
          <MarkedWord tone={isChecking || error !== null ? 'unknown' : 'healthy'} word={wordOf(isChecking, error)} />
        ) : (
          <ul className={classes['problems']}>
            {problems.map((problem) => (
              <li key={`${problem.path} ${problem.text}`}>
                <Place problem={problem} onShow={onShow} />
                <p>{problem.text}</p>
              </li>
            ))}
          </ul>
        )}
        {blocks.length === 0 ? null : (
          <>
            <p className="soft">It can be saved, and would be blocked at once:</p>
            <BlockList blocks={blocks} />
          </>
        )}
      </div>
    </Panel>
  )
}

function wordOf(isChecking: boolean, error: Error | null): string {
  if (error !== null) return 'not checked'
  return isChecking ? 'checking' : 'none'
}

function Place({ problem, onShow }: { readonly problem: ShownProblem; readonly onShow: (line: number) => void }) {
  const { path, line } = problem
  if (line === null) return path === '' ? null : <code>{path}</code>
  return (
    <button type="button" onClick={() => onShow(line)}>
      Line {line} {path === '' ? null : <code>{path}</code>}
    </button>
  )
}
