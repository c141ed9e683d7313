import {
  type GatewayRule,
  GatewayRules,
  type MaskedClass,
  type PrivateModel,
  personalClasses,
} from '@metaagent/contract'

/** A rule while it is edited: names as people write them, and an id of its own, since its place and name change. */
export interface DraftRule extends Pick<GatewayRule, 'name' | 'sensitivities' | 'decision'> {
  readonly id: number
  readonly agents: string
  readonly providers: string
  readonly models: string
  readonly regions: string
}

export interface DraftModel {
  readonly id: number
  readonly provider: string
  readonly model: string
  readonly region: string
}

export interface Draft {
  readonly classes: GatewayRules['classes']
  readonly privateModels: readonly DraftModel[]
  readonly rules: readonly DraftRule[]
}

const parts = ['agents', 'providers', 'models', 'regions'] as const

export function draftOf({ classes, privateModels, rules }: GatewayRules): Draft {
  return {
    classes,
    privateModels: privateModels.map((one, id) => ({ ...one, id, region: one.region ?? '' })),
    rules: rules.map(({ name, sensitivities, decision, ...names }, id) => ({
      id,
      name,
      sensitivities,
      decision,
      ...(Object.fromEntries(parts.map((part) => [part, names[part]?.join(', ') ?? ''])) as Record<
        (typeof parts)[number],
        string
      >),
    })),
  }
}

/** The rules as the API takes them: empty lists of names mean every one. */
export function rulesOf({ classes, privateModels, rules }: Draft): GatewayRules {
  return {
    version: 1,
    classes,
    privateModels: privateModels.map(
      ({ provider, model, region }): PrivateModel => ({
        provider: provider.trim(),
        model: model.trim(),
        region: region.trim() === '' ? null : region.trim(),
      }),
    ),
    rules: rules.map(({ id: _id, agents, providers, models, regions, name, ...rule }) => ({
      ...rule,
      name: name.trim(),
      agents: namesIn(agents),
      providers: namesIn(providers),
      models: namesIn(models),
      regions: namesIn(regions),
    })),
  }
}

function namesIn(text: string): string[] | null {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  return names.length === 0 ? null : names
}

/** What keeps a draft from being tried or saved, one sentence each, in the order of the page. */
export function faultsOf(draft: Draft): readonly string[] {
  const parsed = GatewayRules.safeParse(rulesOf(draft))
  if (parsed.success) return []
  const sentences = parsed.error.issues.map(({ path, message }) => {
    const [part, at, field] = path
    const number = typeof at === 'number' ? at + 1 : ''
    if (part === 'rules') return `Rule ${number}, ${fieldWords[String(field)] ?? String(field)}: ${wordsOf(message)}`
    if (part === 'privateModels') return `Private model ${number}, ${String(field)}: ${wordsOf(message)}`
    return `${path.join('.')}: ${wordsOf(message)}`
  })
  return [...new Set(sentences)]
}

const fieldWords: Readonly<Record<string, string>> = { sensitivities: 'sensitivity' }

function wordsOf(message: string): string {
  return message.startsWith('Too small') ? 'is missing' : message
}

function nextId(rows: readonly { readonly id: number }[]): number {
  return Math.max(-1, ...rows.map(({ id }) => id)) + 1
}

/** A rule that denies, so that a new one never lets anything through by itself. */
export function newRule(rules: readonly DraftRule[]): DraftRule {
  const none = { agents: '', providers: '', models: '', regions: '' }
  return { id: nextId(rules), name: '', sensitivities: ['SENSITIVE', 'CRITICAL'], decision: 'deny', ...none }
}

export function newModel(models: readonly DraftModel[]): DraftModel {
  return { id: nextId(models), provider: '', model: '', region: '' }
}

/** The list with the row of an id moved by one place, where there is one. */
export function moved<Row extends { readonly id: number }>(rows: readonly Row[], id: number, by: 1 | -1): Row[] {
  const from = rows.findIndex((row) => row.id === id)
  const to = from + by
  if (from === -1 || to < 0 || to >= rows.length) return [...rows]
  const without = rows.filter((row) => row.id !== id)
  return [...without.slice(0, to), rows[from] as Row, ...without.slice(to)]
}

const personalWords: Readonly<Record<(typeof personalClasses)[number], string>> = {
  email: 'E-mail addresses',
  phone: 'Phone numbers',
  card: 'Payment cards',
  iban: 'Bank accounts (IBAN)',
  ssn: 'Social security numbers',
  national_id: 'National numbers',
  ip_address: 'IP addresses',
}

/** Every class that can be found, with what people call it. */
export const classWords: readonly (readonly [MaskedClass, string])[] = [
  ['secret', 'Secrets'],
  ...personalClasses.map((kind) => [kind, personalWords[kind]] as const),
  ['custom', 'Your own rules of masking'],
]
