import type { GatewayFinding, GatewayRules, JsonValue, MaskedClass } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import { findInTexts } from '../../../observe/masking/index.ts'
import { freeMark, type Placeholder, placeholdersFor, readPayload, redactPayload } from '../model/payload.ts'

/** What was found in a payload. `placeholders` holds values: it stays in this process and in nobody's answer. */
export interface Inspected {
  readonly findings: readonly Omit<GatewayFinding, 'sensitivity'>[]
  readonly found: Partial<Record<MaskedClass, number>>
  readonly uninspected: number
  /** Null: nothing was found. */
  readonly redacted: JsonValue | null
  readonly placeholders: readonly Placeholder[]
}

const markLetters = 8
const marksTried = 16

/** Looks at every text of a payload. Keeps nothing. */
export async function inspectPayload(
  deps: Deps,
  organizationId: string,
  agent: string,
  payload: JsonValue,
): Promise<Result<Inspected>> {
  const { texts, uninspected } = readPayload(payload)
  const found = await findInTexts(
    deps,
    organizationId,
    agent,
    texts.map(({ path, text }) => ({ text, field: fieldOf(path) })),
  )
  if (!found.ok) return found
  const finds = found.value.flatMap((inText, at) => inText.map((one) => ({ ...one, path: texts[at]?.path ?? '' })))
  if (finds.length === 0) return ok({ findings: [], found: {}, uninspected, redacted: null, placeholders: [] })
  const mark = freeMark(
    texts,
    Array.from({ length: marksTried }, () => newMark(deps)),
  )
  assertInvariant(mark !== null, 'one of sixteen random marks of eight letters stands in no text')
  const placeholders = placeholdersFor(texts, finds, mark)
  const counts: Partial<Record<MaskedClass, number>> = {}
  for (const one of finds) counts[one.class] = (counts[one.class] ?? 0) + 1
  return ok({
    findings: finds.map(({ path, start, end, rule, class: kind }, at) => ({
      class: kind,
      rule,
      path,
      start,
      end,
      placeholder: placeholders[at]?.placeholder ?? '',
    })),
    found: counts,
    uninspected,
    redacted: redactPayload(payload, finds, placeholders),
    placeholders,
  })
}

/** The findings with what their classes count for. */
export function weighFindings(inspected: Inspected, { classes }: GatewayRules): GatewayFinding[] {
  return inspected.findings.map((finding) => ({ ...finding, sensitivity: classes[finding.class] }))
}

function newMark(deps: Deps): string {
  return [...deps.random.bytes(markLetters)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')
}

/** The field that a text stands in, which tells a phone number from another one; places within lists say nothing. */
function fieldOf(path: string): string | null {
  const name = path
    .split('/')
    .slice(1)
    .findLast((part) => !/^\d+$/.test(part))
  return name === undefined || name === 'content' || name === 'text'
    ? null
    : name.replaceAll('~1', '/').replaceAll('~0', '~')
}
