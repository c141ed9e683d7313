import type { Tx } from '../../../../ports/store.ts'
import type { Candidate } from '../model/discovery.ts'
import { type StoredCard, selectCards } from '../store/foreign-cards.ts'
import { activeSpecialists, type ShownSpecialist } from '../store/specialists.ts'

/** So many of each origin are looked at; whoever has more needs another way of finding. */
const most = 5_000

/** Everybody who can be found: active versions, and cards of others that were approved as they are seen. */
export async function candidatesIn(tx: Tx): Promise<readonly Candidate[]> {
  const own = await activeSpecialists(tx, most)
  const foreign = await selectCards(tx, 'approved', null, most)
  return [...own.map(candidateOfSpecialist), ...foreign.map(candidateOfCard)]
}

export function candidateOfSpecialist({ specialistId, name, shown }: ShownSpecialist): Candidate {
  const { definition, version, evaluation } = shown
  return {
    origin: 'own',
    id: specialistId,
    name,
    title: definition.title,
    version,
    description: definition.description,
    skills: definition.skills,
    endpoints: definition.endpoints,
    inputModes: definition.inputModes,
    outputModes: definition.outputModes,
    sensitivityCeiling: definition.sensitivityCeiling,
    evaluationScore: evaluation?.score ?? null,
    costPerTaskNanoUsd: definition.costPerTaskNanoUsd,
  }
}

/** What a card says of its own score or cost is a claim, and is not taken over. */
function candidateOfCard({ cardId, seenCard, sensitivityCeiling }: StoredCard): Candidate {
  return {
    origin: 'foreign',
    id: cardId,
    name: seenCard.name,
    title: seenCard.name,
    version: seenCard.version,
    description: seenCard.description,
    skills: seenCard.skills.map((skill) => ({ ...skill, examples: skill.examples ?? [] })),
    endpoints: seenCard.supportedInterfaces.map(({ url, protocolBinding, protocolVersion }) => ({
      url,
      binding: protocolBinding,
      protocolVersion,
    })),
    inputModes: seenCard.defaultInputModes,
    outputModes: seenCard.defaultOutputModes,
    sensitivityCeiling: sensitivityCeiling ?? 'PUBLIC',
    evaluationScore: null,
    costPerTaskNanoUsd: null,
  }
}
