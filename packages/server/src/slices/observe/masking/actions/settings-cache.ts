import { defaultMaskingSettings } from '@metaagent/contract'
import { assertInvariant } from '../../../../kernel/assert.ts'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Store, Tx } from '../../../../ports/store.ts'
import { StoreUnavailable } from '../../../../ports/store-errors.ts'
import { type MaskingPolicy, settingsOfAgent } from '../model/policy.ts'
import { presentSettings, type SettingsRow } from '../store/settings.ts'
import { compileSettings } from './compile.ts'

/** What an organization's rows are masked by. */
export interface OrganizationPolicies {
  readonly organization: MaskingPolicy
  /** Agents that have something otherwise, by name. */
  readonly byAgent: ReadonlyMap<string, MaskingPolicy>
}

interface Entry {
  readonly policies: OrganizationPolicies
  /** Tells whether the settings are those that were compiled. */
  readonly versions: string
  readonly readAtMs: number
}

/** The channel on which processes tell each other that an organization's settings changed; the payload is its id. */
const settingsHints = 'metaagent_masking'

/** Without a hint (one may be lost) a change elsewhere counts after this long. */
const longestMs = 1_000
/** From here on settings are read anew beside the work. */
const renewedMs = 500

interface Reading {
  readonly startedAtMs: number
  readonly entry: Promise<Entry>
}

class SettingsCache {
  readonly #entries = new Map<string, Entry>()
  readonly #reading = new Map<string, Reading>()

  async read(deps: Deps, organizationId: string): Promise<OrganizationPolicies> {
    const known = this.#entries.get(organizationId)
    const nowMs = deps.clock.monotonicMs()
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : nowMs - known.readAtMs
    if (known !== undefined && ageMs < renewedMs) return known.policies
    const begun = this.#reading.get(organizationId)
    const isFresh = begun !== undefined && nowMs - begun.startedAtMs < longestMs
    const { entry } = isFresh ? begun : this.#start(deps, organizationId, known)
    if (known === undefined || ageMs >= longestMs) return (await entry).policies
    // Renewed while the old ones still count, so that a stream of batches never waits. A failure is told to who must wait.
    return known.policies
  }

  forget(organizationId: string): void {
    this.#entries.delete(organizationId)
    // What is being read may be older than the change; who asks from now on reads anew.
    this.#reading.delete(organizationId)
  }

  #start(deps: Deps, organizationId: string, known: Entry | undefined): Reading {
    const startedAtMs = deps.clock.monotonicMs()
    const entry = this.#load(deps, organizationId, startedAtMs, known)
    const reading: Reading = { startedAtMs, entry }
    const isCurrent = () => this.#reading.get(organizationId) === reading
    this.#reading.set(organizationId, reading)
    entry.then(
      (read) => {
        if (isCurrent()) this.#entries.set(organizationId, read)
        if (isCurrent()) this.#reading.delete(organizationId)
      },
      () => {
        if (isCurrent()) this.#reading.delete(organizationId)
      },
    )
    return reading
  }

  async #load(deps: Deps, organizationId: string, readAtMs: number, known: Entry | undefined): Promise<Entry> {
    const rows = await deps.store.transaction({ organizationId }, presentSettings)
    const versions = JSON.stringify(rows.map(({ agent, version }) => [agent, version]))
    return { policies: known?.versions === versions ? known.policies : compiled(rows), versions, readAtMs }
  }
}

function compiled(rows: readonly SettingsRow[]): OrganizationPolicies {
  const own = rows.find((row) => row.agent === null)
  const settings = own?.agent === null ? own.settings : defaultMaskingSettings
  const policyOf = (of: typeof settings): MaskingPolicy => {
    const policy = compileSettings(of)
    assertInvariant(policy.ok, 'settings are compiled before they are saved')
    return policy.value
  }
  const byAgent = rows.flatMap((row): [string, MaskingPolicy][] =>
    row.agent === null || Object.keys(row.settings).length === 0
      ? []
      : [[row.agent, policyOf(settingsOfAgent(settings, row.settings))]],
  )
  return { organization: policyOf(settings), byAgent: new Map(byAgent) }
}

const caches = new WeakMap<Store, SettingsCache>()

function cacheOf(deps: Deps): SettingsCache {
  const known = caches.get(deps.store)
  if (known !== undefined) return known
  const made = new SettingsCache()
  caches.set(deps.store, made)
  deps.store
    .listen(settingsHints, (organizationId) => made.forget(organizationId))
    .catch((error: unknown) => {
      // Without hints a change elsewhere counts after a second, which is what is promised.
      deps.log.warn({ error: String(error) }, 'no hints about changed masking from other processes')
    })
  return made
}

/** The policies that hold, from memory for up to a second. Refuses when they cannot be read. */
export async function policiesOf(deps: Deps, organizationId: string): Promise<Result<OrganizationPolicies>> {
  return orUnavailable(async () => await cacheOf(deps).read(deps, organizationId))
}

/** Turns a store that does not answer into a refusal: what cannot be masked is not stored. */
export async function orUnavailable<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await work())
  } catch (error) {
    if (error instanceof StoreUnavailable)
      return refuse(
        'store-unavailable',
        'The database does not answer, so nothing can be masked. Send it again later.',
        {
          retryAfterSeconds: 2,
        },
      )
    throw error
  }
}

/** After this transaction: every process reads the organization's settings anew. */
export function settingsChanged(deps: Deps, tx: Tx): void {
  const { organizationId } = tx
  tx.afterCommit(() => {
    cacheOf(deps).forget(organizationId)
    deps.store.notify(settingsHints, organizationId)
  })
}
