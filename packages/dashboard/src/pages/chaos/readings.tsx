import type { ChaosLine, ChaosReading, ChaosReport } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import { Unknown } from '../../ui/value.tsx'
import classes from './chaos.module.css'
import { HoldsMark, lineWords } from './words.tsx'

const phases = ['before', 'during', 'after'] as const

/** Each line in each phase, with what was seen and its interval. */
export function Readings({ report }: { readonly report: ChaosReport }) {
  const agents = useQuery(queries.agents({}))
  const names = new Map(agents.data?.items.map((agent) => [agent.agentId, agent.name]))
  return (
    <div className={classes['scroll']}>
      <table className={classes['readings']}>
        <caption className="visually-hidden">Lines before, during and after the injections</caption>
        <thead>
          <tr>
            <th scope="col">Line</th>
            {phases.map((phase) => (
              <th key={phase} scope="col">
                {phase}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {report.before.map(({ line }, at) => (
            <tr key={keyOf(line)}>
              <th scope="row">{lineWords(line, names)}</th>
              {phases.map((phase) => (
                <td key={phase}>
                  <Reading reading={report[phase][at]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const keyOf = (line: ChaosLine) => JSON.stringify(line)

function Reading({ reading }: { readonly reading: ChaosReading | undefined }) {
  if (reading === undefined) return <Unknown why="This phase has not come yet." />
  return (
    <>
      <HoldsMark holds={reading.holds} />
      <p>{reading.because.text}</p>
    </>
  )
}
