/** What a judge said of a subject. `abstain` is no opinion: it is counted apart and never taken for either side. */
export type Verdict = 'pass' | 'fail' | 'abstain'

export interface Vote {
  readonly judge: string
  readonly verdict: Verdict
  /** Any scale, as long as more speaks the same way for one judge; null unknown. A witness that only scores abstains. */
  readonly score: number | null
  readonly confidence: number | null
}

/** One subject with all votes on it. `group` is the metric or domain that shares judges' habits; null where there is one. */
export interface Item {
  readonly itemId: string
  readonly group: string | null
  readonly votes: readonly Vote[]
  /** What is known to be right (human label, programmatic outcome); null not audited. */
  readonly gold: 'pass' | 'fail' | null
}

/** A vote among any number of classes. */
export interface Ballot {
  readonly itemId: string
  readonly group: string | null
  readonly votes: readonly { readonly judge: string; readonly label: number | null; readonly score: number | null }[]
  readonly gold: number | null
}

/** Ballots in one canonical order: a panel of the same votes is the same to the last bit, however they came. */
export interface Panel {
  /** The first class wins every tie. */
  readonly classes: readonly string[]
  readonly ballots: readonly Ballot[]
}

/** Verdicts as a panel of two classes; a tie is not a pass, so `fail` stands first. */
export const verdictClasses = ['fail', 'pass'] as const

export function panelOf(items: readonly Item[]): Panel {
  return canonicalPanel(verdictClasses, items.map(ballotOf))
}

export function ballotOf({ itemId, group, votes, gold }: Item): Ballot {
  return {
    itemId,
    group,
    votes: votes.map(({ judge, verdict, score }) => ({
      judge,
      label: verdict === 'abstain' ? null : verdictClasses.indexOf(verdict),
      score,
    })),
    gold: gold === null ? null : verdictClasses.indexOf(gold),
  }
}

/** Answers of a crowd: any labels, the most frequent class first, so that a tie goes to what is usual. */
export function panelOfAnswers(
  answers: readonly { readonly itemId: string; readonly judge: string; readonly label: string }[],
  gold: ReadonlyMap<string, string>,
): Panel {
  const frequency = new Map([...new Set(gold.values())].map((label) => [label, 0]))
  for (const { label } of answers) frequency.set(label, (frequency.get(label) ?? 0) + 1)
  const classes = [...frequency].sort(([a, m], [b, n]) => n - m || compareText(a, b)).map(([label]) => label)
  const index = new Map(classes.map((label, at) => [label, at]))
  const byItem = Map.groupBy(answers, ({ itemId }) => itemId)
  const ballots = [...byItem].map(([itemId, votes]): Ballot => {
    const truth = gold.get(itemId)
    return {
      itemId,
      group: null,
      votes: votes.map(({ judge, label }) => ({ judge, label: index.get(label) ?? null, score: null })),
      gold: truth === undefined ? null : (index.get(truth) ?? null),
    }
  })
  return canonicalPanel(classes, ballots)
}

/** Sorts ballots by item and votes by judge, so that sums are added in one order. */
export function canonicalPanel(classes: readonly string[], ballots: readonly Ballot[]): Panel {
  return {
    classes,
    ballots: ballots
      .map((ballot) => ({
        ...ballot,
        votes: [...ballot.votes].sort(
          (a, b) =>
            compareText(a.judge, b.judge) || (a.label ?? -1) - (b.label ?? -1) || (a.score ?? 0) - (b.score ?? 0),
        ),
      }))
      .sort((a, b) => compareText(a.itemId, b.itemId)),
  }
}

/** The panel without the gold of some items: what a policy may see of those it is tested on. */
export function withoutGold(panel: Panel, hidden: ReadonlySet<string>): Panel {
  return {
    classes: panel.classes,
    ballots: panel.ballots.map((ballot) => (hidden.has(ballot.itemId) ? { ...ballot, gold: null } : ballot)),
  }
}

/** A ballot whose right class is known. */
export type AuditedBallot = Ballot & { readonly gold: number }

export function auditedOf({ ballots }: Panel): readonly AuditedBallot[] {
  return ballots.filter((ballot): ballot is AuditedBallot => ballot.gold !== null)
}

/** Judges that gave at least one vote that is no abstention, by name. */
export function judgesOf({ ballots }: Panel): readonly string[] {
  const names = new Set<string>()
  for (const { votes } of ballots) for (const { judge, label } of votes) if (label !== null) names.add(judge)
  return [...names].sort(compareText)
}

/** By code units: the same order on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
