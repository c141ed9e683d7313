import { defaultMaskingSettings, type MaskingSettings } from '@metaagent/contract'
import { compileSettings } from '../packages/server/src/slices/observe/masking/actions/compile.ts'
import { type MaskableRow, maskRows } from '../packages/server/src/slices/observe/masking/actions/mask-rows.ts'
import type { MaskingPolicy } from '../packages/server/src/slices/observe/masking/model/policy.ts'
import type { Run } from '../tools/run-named.ts'
import { batchTemplate } from './ingest/batches.ts'

const rounds = 7
const secondsPerRound = 0.4
const actionsPerBatch = 100

/**
 * Microseconds of CPU time that masking takes per action, as the median of rounds: the actions of `bench -- ingest` with secrets
 * alone, then with everything on; the same with the ids, times and numbers of real tool results in them; and actions of
 * which each holds a phone number and an e-mail address.
 */
export const run: Run = async () => {
  const clean = rowsOf(() => ({}))
  const busy = rowsOf((index) => ({
    id: '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
    trace: '4bf92f3577b34da6a3ce929d0e0e4736',
    createdAt: '2026-11-21T13:56:04.123Z',
    updatedMs: 1_790_000_000_000 + index,
    price: 1_234_567.89,
    version: '1.22.3',
  }))
  const personal = rowsOf(() => ({ phone: '604-696-5272', note: 'write to ada@example.com' }))
  const all = policyOf(defaultMaskingSettings)
  const secrets = policyOf({ ...defaultMaskingSettings, classes: [] })
  const result = {
    secretsAloneUs: await microseconds(clean, secrets, false),
    cleanUs: await microseconds(clean, all, false),
    busyUs: await microseconds(busy, all, false),
    personalUs: await microseconds(personal, all, true),
  }
  const bytes = clean.reduce((sum, row) => sum + sizeOf(row), 0) / clean.length
  console.log(`about ${Math.round(bytes)} characters searched per action`, result)
  return { passed: Object.keys(result).length, failed: 0, result }
}

function policyOf(settings: MaskingSettings): MaskingPolicy {
  const compiled = compileSettings(settings)
  if (!compiled.ok) throw new Error(compiled.refusal.detail)
  return compiled.value
}

function rowsOf(more: (index: number) => Readonly<Record<string, unknown>>): readonly MaskableRow[] {
  const shape = { actions: actionsPerBatch, actionsPerExecution: 10, reports: false }
  const batch: unknown = JSON.parse(batchTemplate(shape, 3, 1_790_000_000_000).bytes.toString('utf8'))
  const { actions } = Object(batch)
  if (!Array.isArray(actions)) throw new Error('the template holds no actions')
  return actions.map((action: Readonly<Record<string, unknown>>, index) => ({
    executionId: String(action['executionId']),
    agent: String(action['agent']),
    input: JSON.stringify({ ...Object(action['input']), ...more(index) }),
    output: JSON.stringify(action['output']),
    attributes: JSON.stringify(action['attributes']),
    errorMessage: typeof action['errorMessage'] === 'string' ? action['errorMessage'] : null,
    masked: 0,
  }))
}

function sizeOf({ input, output, attributes, errorMessage }: MaskableRow): number {
  return [input, output, attributes, errorMessage].reduce((sum, text) => sum + (text?.length ?? 0), 0)
}

async function microseconds(rows: readonly MaskableRow[], policy: MaskingPolicy, masks: boolean): Promise<number> {
  const policyFor = Object.assign(() => policy, { storesAll: true })
  const once = async () => {
    const masked = await maskRows(rows, policyFor, () => Promise.reject(new Error('labels need no tokens')))
    const changed = masked.ok && masked.value.some((row, index) => row !== rows[index])
    if (changed !== masks) throw new Error(`rows should ${masks ? '' : 'not '}have been masked`)
  }
  const figures: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const begun = performance.now()
    const before = process.cpuUsage()
    let batches = 0
    for (; performance.now() - begun < secondsPerRound * 1_000; batches++) await once()
    const { user, system } = process.cpuUsage(before)
    // The first round warms up.
    if (round > 0) figures.push((user + system) / (batches * rows.length))
  }
  const median = figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN
  return Number(median.toFixed(2))
}
