import type { SpecialistDefinition } from '@metaagent/contract'

/** A version as its documents tell it, with what was decided about it. */
export interface PublishedVersion {
  readonly specialistId: string
  readonly name: string
  readonly owner: string
  readonly version: string
  readonly state: string
  readonly definition: SpecialistDefinition
  readonly trainingRun: string | null
  readonly evaluationScore: number | null
  readonly evaluationSuite: string | null
  readonly approvalId: string | null
  /** ISO 8601. */
  readonly changedAt: string
}

/** Who publishes, and from where. */
export interface Publisher {
  readonly organization: string
  /** The organization's own domain; null: it named none. */
  readonly domain: string | null
  /** Of the deployment, without a trailing slash. */
  readonly publicUrl: string
  /** The host of `publicUrl`. */
  readonly host: string
}

/** What governs an agent, in one extension of its card: ceiling, lifecycle, training, evaluation, cost. */
export const governanceExtension = 'urn:metaagent:a2a:governance:v1'

/**
 * The facts of the extension. What is unknown is left out, not null: the SDKs of A2A take empty members away before they
 * check a signature, and what they would take away must not have been signed.
 */
export function governanceFacts(version: PublishedVersion): Readonly<Record<string, string | number>> {
  const facts = {
    sensitivityCeiling: version.definition.sensitivityCeiling,
    lifecycle: version.state,
    owner: version.owner,
    trainingRun: version.trainingRun,
    evaluationScore: version.evaluationScore,
    evaluationSuite: version.evaluationSuite,
    costPerTaskNanoUsd: version.definition.costPerTaskNanoUsd,
    approvalId: version.approvalId,
  }
  return Object.fromEntries(Object.entries(facts).flatMap(([name, fact]) => (fact === null ? [] : [[name, fact]])))
}

export function agentCardUrl({ publicUrl }: Publisher, specialistId: string): string {
  return `${publicUrl}/api/v1/specialists/${specialistId}/agent-card.json`
}

export function serverJsonUrl({ publicUrl }: Publisher, specialistId: string): string {
  return `${publicUrl}/api/v1/specialists/${specialistId}/server.json`
}

/** The domain by which the publisher is called: its own, else the host that serves the documents. */
export function publisherDomain({ domain, host }: Publisher): string {
  return domain ?? host.replaceAll(/[^a-zA-Z0-9.-]/g, '-').replaceAll(/^[-.]+|[-.]+$/g, '')
}
