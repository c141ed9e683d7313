import type { ArbitrationOutcome, ArbitrationPolicy, Audit, GoldVerdict } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import classes from '../../ui/data-tabs.module.css'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'
import { Explained } from '../../ui/value.tsx'

const verdictTones: Readonly<Record<GoldVerdict, Tone>> = { pass: 'healthy', fail: 'failing' }

export function GoldMark({ verdict, filled = false }: { readonly verdict: GoldVerdict; readonly filled?: boolean }) {
  return <MarkedWord tone={verdictTones[verdict]} word={verdict} filled={filled} />
}

const outcomeTips: Readonly<Record<ArbitrationOutcome, string>> = {
  decided: 'The gap was wide enough.',
  escalated: 'Too close to call: a human is asked, and the verdict is a leaning.',
  vetoed: 'Governance lets one judge decide this alone.',
  labelled: 'The truth is known.',
}

/** How the verdict fell. */
export function OutcomeWord({ outcome }: { readonly outcome: ArbitrationOutcome }) {
  return <Explained tip={outcomeTips[outcome]}>{outcome}</Explained>
}

/** What each policy does, in a sentence. */
export const policyWords: Readonly<Record<ArbitrationPolicy, string>> = {
  audited: 'Weighs each judge by what audits showed of it.',
  'best-judge': 'Believes the judge that audits showed to be best.',
  'dawid-skene': 'Tells judges apart by how they agree, without audits.',
  'trust-priority': 'Trust × governance priority, as shares.',
  majority: 'One vote each.',
}

export function PolicyName({ policy }: { readonly policy: ArbitrationPolicy }) {
  return (
    <Explained tip={policyWords[policy]}>
      <code>{policy}</code>
    </Explained>
  )
}

export const auditWords: Readonly<Record<Audit['kind'], string>> = {
  random: 'drawn at random',
  disagreement: 'judges disagree',
  escalation: 'not sure enough',
}

/** A gap or a weight to two places with its sign. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2)
  return value < 0 && text !== '0.00' ? `−${text}` : text
}

/** Verdicts, what they are decided by, and what humans are asked about, beside each other. */
export function ArbitrationTabs() {
  return (
    <nav className={classes['tabs']} aria-label="Arbitration">
      <Link to="/arbitrations" className={classes['tab']} activeOptions={{ exact: true, includeSearch: false }}>
        Verdicts
      </Link>
      <Link to="/arbitrations/metrics" className={classes['tab']}>
        Policies
      </Link>
      <Link to="/audits" className={classes['tab']} activeOptions={{ includeSearch: false }}>
        Audits
      </Link>
    </nav>
  )
}
