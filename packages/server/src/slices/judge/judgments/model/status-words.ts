import type { StatusMeaning } from '@metaagent/contract'

/** Word → meaning; words as `normalisedWord` writes them. */
export type StatusWords = ReadonlyMap<string, StatusMeaning>

const shipped: Readonly<Record<StatusMeaning, readonly string[]>> = {
  pass: [
    'pass',
    'passed',
    'passes',
    'passing',
    'success',
    'successful',
    'succeeded',
    'satisfied',
    'satisfactory',
    'compliant',
    'correct',
    'ok',
    'qa success',
    'accepted',
    'approved',
  ],
  fail: [
    'fail',
    'failed',
    'fails',
    'failing',
    'failure',
    'unsuccessful',
    'unsatisfied',
    'unsatisfactory',
    'not satisfied',
    'dissatisfied',
    'non compliant',
    'noncompliant',
    'not compliant',
    'incorrect',
    'wrong',
    'qa failure',
    'rejected',
  ],
  abstain: [
    'unknown',
    'abstain',
    'abstained',
    'partially satisfied',
    'partial',
    'partially compliant',
    'inconclusive',
    'unclear',
    'undecided',
    'undetermined',
    'not applicable',
    'n/a',
    'skipped',
  ],
}

/**
 * The words that judges use for a verdict, from what real ones wrote. Reviewers add to it; a word that is not in it is
 * refused and never guessed, since “not satisfactory” holds “satisfactory”.
 */
export const shippedStatusWords: StatusWords = new Map(
  (['pass', 'fail', 'abstain'] as const).flatMap((meaning) => shipped[meaning].map((word) => [word, meaning] as const)),
)

/** The table with the words of reviewers in it, who may also give a shipped word another meaning. */
export function withStatusWords(
  words: StatusWords,
  added: readonly { readonly word: string; readonly meaning: StatusMeaning }[],
): StatusWords {
  return new Map([...words, ...added.map(({ word, meaning }) => [normalisedWord(word), meaning] as const)])
}

/** What a word means; null where the table does not hold it, which has to be refused. */
export function meaningOf(word: string, words: StatusWords): StatusMeaning | null {
  return words.get(normalisedWord(word)) ?? null
}

/** Case, surrounding quotes and marks, and the way in which words are joined do not change a word. */
export function normalisedWord(word: string): string {
  const joined = word
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
  return joined.replace(/^["'`*\s]+|["'`*.!\s]+$/g, '')
}
