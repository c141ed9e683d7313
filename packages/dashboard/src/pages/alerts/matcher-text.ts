import type { AlertMatcher } from '@metaagent/contract'

const matcher = /^\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*(?:"(.*)"|(.*?))\s*$/

/** Matchers as Alertmanager writes them, one a line: `severity="critical"`. Null with a line that is none, or without any. */
export function matchersOfText(text: string): AlertMatcher[] | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const found = lines.map((line) => {
    const [, name, operator, quoted, bare] = matcher.exec(line) ?? []
    if (name === undefined || operator === undefined) return null
    return { name, operator: operator as AlertMatcher['operator'], value: quoted ?? bare ?? '' }
  })
  const matchers = found.filter((one) => one !== null)
  return matchers.length === 0 || matchers.length < found.length ? null : matchers
}
