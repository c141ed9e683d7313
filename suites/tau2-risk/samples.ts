import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { ActionReportInput } from '@metaagent/contract'
import { mapTau2 } from '../../packages/server/src/app/importers/tau2.ts'
import { instantFromEpochMs } from '../../packages/server/src/kernel/instant.ts'
import {
  agreementOf,
  meansSameUnits,
  sharesChange,
} from '../../packages/server/src/slices/observe/risk/model/agreement.ts'
import {
  featuresOf,
  type RiskFeatures,
  type TraceStep,
} from '../../packages/server/src/slices/observe/risk/model/features.ts'
import { type TermValue, termsOf } from '../../packages/server/src/slices/observe/risk/model/terms.ts'
import { usualOf } from '../../packages/server/src/slices/observe/risk/model/usual.ts'

/** A run with what its trace shows. The outcome is beside it, for judging the score only. */
export interface RiskRun {
  readonly file: string
  readonly domain: string
  readonly unit: string
  readonly features: RiskFeatures
  readonly failed: boolean
}

/** The results files of a folder, by name. */
export function resultsFiles(folder: string): readonly string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => /\.json(\.gz)?$/.test(file) && file !== 'manifest.json' && file !== 'ab_expected.json')
        .sort()
    : []
}

/** Content of a results file, gzipped or not. */
export function readResultsFile(path: string): unknown {
  const bytes = readFileSync(path)
  return JSON.parse((bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8'))
}

/**
 * The runs of one file. The trace is mapped from a copy without rewards and end reasons: what is not there cannot be
 * read by mistake.
 */
export function runsOf(folder: string, file: string): readonly RiskRun[] {
  const content = readResultsFile(join(folder, file))
  const naming = { environment: 'benchmark', agent: 'agent' }
  const outcomes = mapTau2(file, content, naming).batches.flatMap(({ executions = [] }) => executions)
  const blind = mapTau2(file, withoutOutcome(content), naming)
  const actions = new Map<string, ActionReportInput[]>()
  for (const action of blind.batches.flatMap((batch) => batch.actions ?? [])) {
    const known = actions.get(action.executionId)
    if (known === undefined) actions.set(action.executionId, [action])
    else known.push(action)
  }
  const failed = new Map(outcomes.map(({ executionId, status }) => [executionId, status === 'failure']))
  return blind.batches.flatMap(({ executions = [] }) =>
    executions.map((execution) => ({
      file,
      domain: blind.domain,
      unit: execution.unit ?? execution.executionId,
      features: featuresOf((actions.get(execution.executionId) ?? []).map(stepOf), spanOf(execution), digest),
      failed: failed.get(execution.executionId) ?? true,
    })),
  )
}

function withoutOutcome(content: unknown): unknown {
  const simulationsOf = (list: unknown) =>
    Array.isArray(list) ? list.map((one: object) => ({ ...one, reward_info: null, termination_reason: null })) : list
  if (Array.isArray(content)) return simulationsOf(content)
  const results = Object(content) as Record<string, unknown>
  return { ...results, simulations: simulationsOf(results['simulations']) }
}

const textMax = 4_000

function stepOf(action: ActionReportInput): TraceStep {
  const output = action.output === undefined ? null : JSON.stringify(action.output)
  return {
    own: action.agent === 'agent',
    kind: action.kind,
    name: action.name,
    status: action.status,
    startedAt: instantFromEpochMs(Date.parse(action.startedAt)),
    endedAt: instantFromEpochMs(Date.parse(action.endedAt)),
    input: action.input === undefined ? null : JSON.stringify(action.input).slice(0, textMax),
    output: output?.slice(0, textMax) ?? null,
    outputChars: output?.length ?? 0,
  }
}

function spanOf({ startedAt, endedAt }: { startedAt: string; endedAt?: string | null | undefined }) {
  return {
    startedAt: instantFromEpochMs(Date.parse(startedAt)),
    endedAt: endedAt == null ? null : instantFromEpochMs(Date.parse(endedAt)),
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/**
 * The terms of each run: its agent's usual is that of its file, its peers are the same unit's runs in other files, as far
 * as those files mean the same by a unit.
 */
export function termsOfRuns(
  runs: readonly RiskRun[],
): readonly (RiskRun & { readonly terms: readonly TermValue[]; readonly hasPeers: boolean })[] {
  const ofFile = Map.groupBy(runs, ({ file }) => file)
  const ofUnit = Map.groupBy(runs, ({ domain, unit }) => `${domain}\n${unit}`)
  const usual = new Map([...ofFile].map(([file, own]) => [file, usualOf(own.map(({ features }) => features))]))
  const othersOf = (run: RiskRun) =>
    (ofUnit.get(`${run.domain}\n${run.unit}`) ?? []).filter(({ file }) => file !== run.file)
  const features = (others: readonly RiskRun[]) => others.map((other) => other.features)
  const comparable = new Map(
    [...ofFile].map(([file, own]) => {
      const shared = own.map((run) => sharesChange(run.features, features(othersOf(run)))).filter((is) => is !== null)
      return [file, meansSameUnits({ runs: shared.length, sharing: shared.filter(Boolean).length })]
    }),
  )
  return runs.map((run) => {
    const peers = comparable.get(run.file) === true ? othersOf(run).filter(({ file }) => comparable.get(file)) : []
    const agreement = agreementOf(run.features, features(peers))
    return {
      ...run,
      terms: termsOf(run.features, usual.get(run.file) ?? null, agreement),
      hasPeers: agreement !== null,
    }
  })
}
