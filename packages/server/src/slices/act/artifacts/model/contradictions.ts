import type { Because } from '@metaagent/contract'

/** What somebody decided, and for which requirement. */
export interface HeldDecision {
  readonly requirement: string
  readonly question: string
  readonly choice: string
  /** Whose decision it is: an artifact's id. */
  readonly holder: string
}

/** One question that is answered in two or more ways for one requirement. */
export interface Contradiction {
  readonly requirement: string
  readonly question: string
  /** Two or more; the first holder of each choice, in the order in which they were handed in. */
  readonly choices: readonly { readonly choice: string; readonly holders: readonly string[] }[]
  readonly because: Because
}

/**
 * Decisions that cannot both stand: linked to the same requirement, they choose differently for the same question.
 *
 * Requirement and question are the same when their letters and digits are (case, signs and spaces aside); a choice also
 * keeps its signs, since C, C++ and C# are three. Whether two different wordings of a choice mean the same is not known
 * here: they count as different, and whoever resolves it tells.
 */
export function findContradictions(decisions: readonly HeldDecision[]): readonly Contradiction[] {
  const questions = Map.groupBy(decisions, (one) =>
    JSON.stringify([plainWords(one.requirement), plainWords(one.question)]),
  )
  return [...questions.values()].flatMap((those) => {
    const [first] = those
    const byChoice = [...Map.groupBy(those, ({ choice }) => plainChoice(choice)).values()]
    if (first === undefined || byChoice.length < 2) return []
    const choices = byChoice.map((same) => ({
      choice: same[0]?.choice ?? '',
      holders: [...new Set(same.map(({ holder }) => holder))],
    }))
    const { requirement, question } = first
    return [{ requirement, question, choices, because: becauseOf(requirement, question, choices) }]
  })
}

function becauseOf(requirement: string, question: string, choices: Contradiction['choices']): Because {
  const told = choices.map(({ choice, holders }) => `“${choice}” (${holders.join(', ')})`).join(' and ')
  return {
    rule: 'one-choice-per-question',
    observed: choices.length,
    limit: 1,
    text: `For ${requirement}, “${question}” is answered by ${told}.`,
  }
}

/** Letters and digits alone, in one case; a text of signs alone is what it is. */
function plainWords(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase()
  return folded.match(/[\p{L}\p{N}]+/gu)?.join(' ') ?? folded.trim()
}

function plainChoice(choice: string): string {
  return choice
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/(?<=[\p{L}\p{N}])[.!]$/u, '')
}
