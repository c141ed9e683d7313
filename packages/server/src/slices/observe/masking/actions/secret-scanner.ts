import { lintSource } from '@secretlint/core'
import { secretLintProfiler } from '@secretlint/profiler'
import { creator } from '@secretlint/secretlint-rule-preset-recommend'
import type { Found } from '../model/found.ts'
import { joinTexts, maySecret, ownSecrets, splitRanges } from '../model/secrets.ts'

// Each call would leave 62 performance marks behind for ever.
secretLintProfiler.setEnabled(false)

const presetId = '@secretlint/secretlint-rule-preset-recommend'
const config = { rules: [{ id: presetId, rule: creator, options: {} }] }

/** What secretlint's recommended preset finds in one text. */
async function presetSecrets(text: string): Promise<readonly Found[]> {
  const { messages } = await lintSource({
    source: { filePath: 'telemetry.txt', content: text, ext: '.txt', contentType: 'text' },
    options: { noPhysicFilePath: true, config },
  })
  return messages.map(({ range, ruleId }) => ({
    start: range[0],
    end: range[1],
    rule: ruleId.replace('@secretlint/secretlint-rule-', ''),
    class: 'secret',
  }))
}

/** Secrets in each of the texts, with one call of the scanner for all of them (its cost is per call), or none. */
export async function findSecrets(texts: readonly string[]): Promise<readonly (readonly Found[])[]> {
  if (!texts.some(maySecret)) return texts.map(() => [])
  const joined = joinTexts(texts)
  const preset = splitRanges(texts, joined.starts, await presetSecrets(joined.text))
  return texts.map((text, index) => [...ownSecrets(text), ...(preset[index] ?? [])])
}
