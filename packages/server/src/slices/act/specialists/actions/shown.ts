import type {
  AgentCard,
  ForeignCard,
  ForeignCardSummary,
  Specialist,
  SpecialistSummary,
  SpecialistVersion,
} from '@metaagent/contract'
import { canonicalJson } from '../../../../kernel/canonical-json.ts'
import { refuse } from '../../../../kernel/result.ts'
import { diffTexts } from '../../../../kernel/texts/difference.ts'
import type { PublishedVersion } from '../model/documents/published.ts'
import type { StoredCard } from '../store/foreign-cards.ts'
import type { ShownSpecialist, StoredSpecialist, StoredVersion } from '../store/specialists.ts'

export const noSuchSpecialist = refuse(
  'not-found',
  'There is no specialist with this id. GET /api/v1/specialists lists them.',
)
export const noSuchCard = refuse(
  'not-found',
  'There is no foreign card with this id. GET /api/v1/foreign-cards lists them.',
)

export function shownVersion({ specialistId: _, place: __, ...version }: StoredVersion): SpecialistVersion {
  return {
    ...version,
    createdAt: version.createdAt.toISOString(),
    changedAt: version.changedAt.toISOString(),
  }
}

export function shownSpecialist(specialist: StoredSpecialist, versions: readonly StoredVersion[]): Specialist {
  return {
    ...specialist,
    createdAt: specialist.createdAt.toISOString(),
    changedAt: specialist.changedAt.toISOString(),
    versions: versions.map(shownVersion),
    isListed: versions.some(({ state }) => state === 'active'),
  }
}

export function shownSummary({ shown, versionCount, ...specialist }: ShownSpecialist): SpecialistSummary {
  const { title, description, skills, sensitivityCeiling, costPerTaskNanoUsd } = shown.definition
  return {
    ...specialist,
    createdAt: specialist.createdAt.toISOString(),
    changedAt: specialist.changedAt.toISOString(),
    version: shown.version,
    state: shown.state,
    title,
    description,
    skills: skills.map(({ id, name, tags }) => ({ id, name, tags })),
    sensitivityCeiling,
    evaluationScore: shown.evaluation?.score ?? null,
    costPerTaskNanoUsd,
    versionCount,
  }
}

/** A version as its documents tell it. */
export function publishedVersion(
  specialist: Pick<StoredSpecialist, 'specialistId' | 'name' | 'owner'>,
  version: StoredVersion,
): PublishedVersion {
  const { specialistId, name, owner } = specialist
  return {
    specialistId,
    name,
    owner,
    version: version.version,
    state: version.state,
    definition: version.definition,
    trainingRun: version.trainingRun,
    evaluationScore: version.evaluation?.score ?? null,
    evaluationSuite: version.evaluation?.suite ?? null,
    approvalId: version.approvalId,
    changedAt: version.changedAt.toISOString(),
  }
}

export function shownCardSummary(card: StoredCard): ForeignCardSummary {
  const { pinnedKey, pinnedCard: _, seenCard, ...rest } = card
  return {
    ...rest,
    hasPinnedKey: pinnedKey !== null,
    name: seenCard.name,
    version: seenCard.version,
    description: seenCard.description,
    lastCheckedAt: card.lastCheckedAt.toISOString(),
    nextCheckAt: card.nextCheckAt?.toISOString() ?? null,
    createdAt: card.createdAt.toISOString(),
    changedAt: card.changedAt.toISOString(),
  }
}

export function shownCard(card: StoredCard): ForeignCard {
  const { seenCard, pinnedCard } = card
  const difference = pinnedCard === null ? null : diffTexts('agent-card.json', linesOf(pinnedCard), linesOf(seenCard))
  return { ...shownCardSummary(card), seenCard, pinnedCard, difference }
}

/** A card in lines, its members in one order, without signatures: those differ each time. */
function linesOf({ signatures: _, ...card }: AgentCard): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(card)), null, 2)}\n`
}
