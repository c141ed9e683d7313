import type { Decision } from '@metaagent/contract'
import { type Contradiction, findContradictions, type HeldDecision } from './contradictions.ts'
import type { Finding, Side } from './finding.ts'

/** What the decisions of one artifact contradict among those of others, or among themselves. */
export function findContradictionFindings(
  artifactId: string,
  own: readonly Decision[],
  others: readonly HeldDecision[],
): readonly Finding[] {
  const held = own.map((decision) => ({ ...decision, holder: artifactId }))
  return findContradictions([...held, ...others]).flatMap((contradiction) => {
    const mine = contradiction.choices.filter(({ holders }) => holders.includes(artifactId))
    const theirs = contradiction.choices.filter(({ holders }) => !holders.includes(artifactId))
    const isOwn = mine.length > 1
    return mine.length === 0 || (theirs.length === 0 && !isOwn) ? [] : [findingOf(artifactId, contradiction, isOwn)]
  })
}

function findingOf(artifactId: string, contradiction: Contradiction, isOwn: boolean): Finding {
  const { requirement, question, choices, because } = contradiction
  const sides = new Map<string, string[]>()
  for (const { choice, holders } of choices)
    for (const holder of holders) sides.set(holder, [...(sides.get(holder) ?? []), choice])
  const sideOf = (holder: string): Side => ({
    artifactId: holder,
    claim: `“${question}”: ${(sides.get(holder) ?? []).join(', ')}`,
  })
  const others = [...sides.keys()].filter((holder) => holder !== artifactId).toSorted()
  return {
    type: 'CONTRADICTING_DECISION',
    kind: isOwn ? 'WITH_ITSELF' : 'CHOICE',
    subject: `${requirement}: ${question}`.slice(0, 1_000),
    severity: 'HIGH',
    because,
    hints: ['Agree on one choice: revise one decision, or let it take the place of the other (`supersedes`).'],
    witness: null,
    sides: [sideOf(artifactId), ...others.map(sideOf)],
  }
}
