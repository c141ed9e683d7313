import type { AgentPatch } from '@metaagent/contract'
import type { z } from 'zod'
import type { Instant } from '../../../kernel/instant.ts'

/** Where agents go that nobody has put into a domain. */
export const defaultDomain = 'general'

/** A recorded `lastSeenAt` may be this far behind, so that batches do not queue up behind one registry row. */
export const lastSeenSlackMs = 60_000

/** That an agent was at work: in which environment, from which release, when, and with which model. */
export interface Sighting {
  readonly agent: string
  readonly environment: string
  readonly release: string | null
  readonly domain?: string
  readonly at: Instant
  readonly model?: string
}

/** When something was seen first and last. */
export interface Span {
  readonly firstAt: Instant
  readonly lastAt: Instant
}

export interface SeenAgent extends Span {
  readonly name: string
  readonly domain: string
}

export interface SeenRelease extends Span {
  readonly agent: string
  readonly name: string
  /** Sorted, without repetition. */
  readonly models: readonly string[]
}

export interface SeenEnvironment extends Span {
  readonly name: string
}

/** Sightings folded to one entry per agent, environment and release, each list sorted by name. */
export interface SeenNames {
  readonly agents: readonly SeenAgent[]
  readonly environments: readonly SeenEnvironment[]
  readonly releases: readonly SeenRelease[]
}

export interface RecordedAgent extends Span {
  readonly agentId: string
  readonly name: string
}

/** Of environments only the first sighting is kept. */
export interface RecordedEnvironment {
  readonly name: string
  readonly firstAt: Instant
}

export interface RecordedRelease extends Span {
  readonly releaseId: string
  readonly agentId: string
  readonly name: string
  readonly models: readonly string[]
}

/** The key of a release among all agents' releases. */
export function releaseKey(agent: string, release: string): string {
  return `${agent}\u0000${release}`
}

/** Folds sightings; the result does not depend on their order. */
export function foldSightings(sightings: readonly Sighting[]): SeenNames {
  const agents = new Map<string, SeenAgent>()
  const environments = new Map<string, SeenEnvironment>()
  const releases = new Map<string, SeenRelease>()
  for (const { agent, environment, release, domain, at, model } of sightings) {
    const known = agents.get(agent)
    agents.set(agent, { name: agent, domain: lesser(known?.domain, domain), ...widened(known, at) })
    environments.set(environment, { name: environment, ...widened(environments.get(environment), at) })
    if (release === null) continue
    const key = releaseKey(agent, release)
    const before = releases.get(key)
    const models = withModel(before?.models ?? [], model)
    releases.set(key, { agent, name: release, models, ...widened(before, at) })
  }
  return {
    agents: [...agents.values()].sort((a, b) => compareTexts(a.name, b.name)),
    environments: [...environments.values()].sort((a, b) => compareTexts(a.name, b.name)),
    releases: [...releases.values()].sort((a, b) => compareTexts(a.agent, b.agent) || compareTexts(a.name, b.name)),
  }
}

/** A named domain beats none; of two names the smaller one, so that order does not matter. */
function lesser(known: string | undefined, given: string | undefined): string {
  if (given === undefined || given === defaultDomain) return known ?? defaultDomain
  if (known === undefined || known === defaultDomain) return given
  return compareTexts(known, given) <= 0 ? known : given
}

function widened(span: Span | undefined, at: Instant): Span {
  const seen = { firstAt: at, lastAt: at }
  return span === undefined ? seen : widest(span, seen)
}

function widest(a: Span, b: Span): Span {
  return { firstAt: a.firstAt < b.firstAt ? a.firstAt : b.firstAt, lastAt: a.lastAt > b.lastAt ? a.lastAt : b.lastAt }
}

function withModel(models: readonly string[], model: string | undefined): readonly string[] {
  return model === undefined || models.includes(model) ? models : [...models, model].sort(compareTexts)
}

/** By code units: the order in which every writer takes its locks. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether a recorded span must be written again: it began earlier, or ended later than the slack forgives. */
function isStale(recorded: Span, seen: Span): boolean {
  return seen.firstAt < recorded.firstAt || seen.lastAt > recorded.lastAt + lastSeenSlackMs
}

/** The agent as it must be recorded after a sighting; null when what is recorded is near enough. */
export function widenedAgent(recorded: RecordedAgent, seen: Span): RecordedAgent | null {
  return isStale(recorded, seen) ? { ...recorded, ...widest(recorded, seen) } : null
}

/** The environment as it must be recorded after a sighting; null when nothing changes. */
export function widenedEnvironment(recorded: RecordedEnvironment, seen: Span): RecordedEnvironment | null {
  return seen.firstAt < recorded.firstAt ? { ...recorded, firstAt: seen.firstAt } : null
}

/** The release as it must be recorded after a sighting, every model of it included; null when nothing changes. */
export function widenedRelease(
  recorded: RecordedRelease,
  seen: Span & Pick<SeenRelease, 'models'>,
): RecordedRelease | null {
  const models = seen.models.reduce<readonly string[]>(withModel, recorded.models)
  if (models.length === recorded.models.length && !isStale(recorded, seen)) return null
  return { ...recorded, ...widest(recorded, seen), models }
}

/** What a person may change about an agent. */
export interface AgentProfile {
  readonly domain: string
  readonly owner: string | null
  readonly description: string | null
  readonly archivedAt: Instant | null
}

export interface ProfileChange {
  readonly profile: AgentProfile
  /** Names of the fields that are different now; empty when the patch says what is so already. */
  readonly changed: readonly string[]
}

/** Applies a patch. Archiving an archived agent keeps the time of the first archiving. */
export function patchProfile(profile: AgentProfile, patch: z.output<typeof AgentPatch>, now: Instant): ProfileChange {
  const archivedAt =
    patch.archived === undefined ? profile.archivedAt : patch.archived ? (profile.archivedAt ?? now) : null
  const next: AgentProfile = {
    domain: patch.domain ?? profile.domain,
    owner: patch.owner === undefined ? profile.owner : patch.owner,
    description: patch.description === undefined ? profile.description : patch.description,
    archivedAt,
  }
  const fields = ['domain', 'owner', 'description', 'archivedAt'] as const
  return { profile: next, changed: fields.filter((field) => next[field] !== profile[field]) }
}
