import type { CardSignatureState, ForeignCardState, SpecialistState, SpecialistVerb } from '@metaagent/contract'
import { MarkedWord, type Tone } from '../../ui/mark.tsx'

const stateTones: Readonly<Record<SpecialistState, Tone>> = {
  proposed: 'unknown',
  training: 'degraded',
  evaluated: 'silent',
  active: 'healthy',
  retired: 'unknown',
}

/** Where a version stands. */
export function SpecialistMark({ state }: { readonly state: SpecialistState }) {
  return <MarkedWord tone={stateTones[state]} word={state} />
}

const cardWords: Readonly<Record<ForeignCardState, readonly [Tone, string]>> = {
  approved: ['healthy', 'approved'],
  'needs-approval': ['degraded', 'needs approval'],
}

/** Whether a card of somebody else's is found. */
export function CardMark({ state }: { readonly state: ForeignCardState }) {
  const [tone, word] = cardWords[state]
  return <MarkedWord tone={tone} word={word} />
}

const signatureTones: Readonly<Record<CardSignatureState, Tone>> = {
  verified: 'healthy',
  unsigned: 'unknown',
  unverifiable: 'degraded',
  invalid: 'failing',
}

/** What a signature is worth. */
export function SignatureMark({ state }: { readonly state: CardSignatureState }) {
  return <MarkedWord tone={signatureTones[state]} word={state} />
}

/** Verbs by state, as the server's transition table has them; it decides, this only leaves out what it would refuse. */
export const verbsOf: Readonly<Record<SpecialistState, readonly SpecialistVerb[]>> = {
  proposed: ['train', 'retire'],
  training: ['evaluate', 'return', 'retire'],
  evaluated: ['activate', 'train', 'evaluate', 'retire'],
  active: ['retire'],
  retired: [],
}

export const verbWords: Readonly<Record<SpecialistVerb, { readonly label: string; readonly about: string }>> = {
  train: { label: 'Start training', about: 'It is trained elsewhere; the run is named here.' },
  evaluate: { label: 'Record the evaluation', about: 'What it was evaluated by, and the score if one was measured.' },
  activate: {
    label: 'Activate',
    about: 'Discovery finds it from then on, and a version that is active now is retired. This needs an approval.',
  },
  return: { label: 'Send back', about: 'It is proposed again.' },
  retire: { label: 'Retire', about: 'Nobody finds it any more. This is final: another version can follow.' },
}
