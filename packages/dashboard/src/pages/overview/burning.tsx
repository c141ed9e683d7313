import type { Burning, Overview } from '@metaagent/contract'
import { Mark, type Tone } from '../../ui/mark.tsx'
import { Panel } from '../../ui/page.tsx'
import { ServerLink } from '../../ui/server-link.tsx'
import { Ago, Instant } from '../../ui/value.tsx'
import classes from './overview.module.css'

const tones: Readonly<Record<Burning['severity'], Tone>> = { critical: 'failing', warning: 'degraded', info: 'unknown' }
const kindWords: Readonly<Record<Burning['kind'], string>> = {
  alert: 'alert',
  budget: 'error budget',
  health: 'health',
  cost: 'cost',
}

/** Alerts that fire, budgets that are being spent, health that fell, costs above their baseline: each with its reason. */
export function BurningPanel({ overview }: { readonly overview: Overview }) {
  const { burning, burningLeftOut, withheld } = overview
  return (
    <Panel title="What burns?" note="Alerts, error budgets, fallen health, unusual cost" testId="burning">
      {burning.length === 0 ? (
        <p className={classes['calm']}>
          <Mark tone="healthy" /> Nothing: no alert fires, no budget is in danger, no cost is unusual.
        </p>
      ) : (
        <ul className={classes['list']}>
          {burning.map((item) => (
            <Item key={`${item.kind} ${item.link} ${item.title}`} item={item} />
          ))}
        </ul>
      )}
      {burningLeftOut > 0 ? <p className={classes['more']}>and {burningLeftOut} more</p> : null}
      {withheld.includes('alerts:read') ? <p className={classes['more']}>You may not see alerts.</p> : null}
    </Panel>
  )
}

function Item({ item }: { readonly item: Burning }) {
  return (
    <li className={classes['item']}>
      <Mark tone={tones[item.severity]} />
      <span className={classes['what']}>
        <ServerLink link={item.link}>{item.title}</ServerLink>
        <span className={classes['why']}>{item.because.text}</span>
        <span className={classes['figures']}>
          <span>
            {item.severity} · {kindWords[item.kind]}
          </span>
          {item.since === null ? null : (
            <span>
              since <Ago at={item.since} />
            </span>
          )}
          {item.exhaustionAt === null ? null : (
            <span>
              spent by <Instant at={item.exhaustionAt} precision="minute" />
            </span>
          )}
        </span>
      </span>
    </li>
  )
}
