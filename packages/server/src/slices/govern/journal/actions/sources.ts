import type { EventSource, EventSourceCreated, EventSourceInput } from '@metaagent/contract'
import type { z } from 'zod'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { insertSource, listSources, revokeSource, type StoredSource, sourceByName } from '../store/sources.ts'
import { actorOf, append } from './append.ts'
import { ed25519Key, type SourceKey } from './signature.ts'

type SourceView = z.infer<typeof EventSource>

/** Bytes of an HMAC key: as many as the digest has (RFC 2104, section 3). */
const secretBytes = 32

function viewOf(source: StoredSource): SourceView {
  return {
    name: source.name,
    algorithm: source.algorithm,
    publicKey: source.public_key === null ? null : Buffer.from(source.public_key).toString('base64'),
    createdAt: source.created_at.toISOString(),
    revokedAt: source.revoked_at?.toISOString() ?? null,
  }
}

function sealContext(organizationId: string, name: string): string {
  return `journal/source/${organizationId}/${name}`
}

/** Registers a producer. For `hmac-sha256` the secret is made here and shown this once. */
export async function registerSource(
  deps: Deps,
  caller: Caller,
  input: z.output<typeof EventSourceInput>,
): Promise<Result<z.input<typeof EventSourceCreated>>> {
  const { organizationId } = caller
  const publicKey = input.publicKey === undefined ? null : new Uint8Array(Buffer.from(input.publicKey, 'base64'))
  if (input.algorithm === 'ed25519' && (publicKey === null || ed25519Key(publicKey) === null)) {
    return refuse('not-processable', 'Send publicKey: the 32 bytes of an Ed25519 public key in base64.')
  }
  if (input.algorithm !== 'ed25519' && publicKey !== null) {
    return refuse('not-processable', 'A publicKey belongs to the algorithm ed25519 only. Leave it out.')
  }
  const secret = input.algorithm === 'hmac-sha256' ? deps.random.bytes(secretBytes) : null
  const source: StoredSource = {
    name: input.name,
    algorithm: input.algorithm,
    sealed_secret: secret === null ? null : deps.secrets.seal(secret, sealContext(organizationId, input.name)),
    public_key: publicKey,
    created_at: new Date(deps.clock.now()),
    revoked_at: null,
  }
  return await deps.store.transaction({ organizationId }, async (tx) => {
    if (!(await insertSource(tx, source))) {
      return refuse('already-exists', `A source ${input.name} is, or was, registered. Choose another name.`)
    }
    const payload = { name: input.name, algorithm: input.algorithm }
    const subject = `source/${input.name}`
    await append(deps, tx, [{ type: 'journal.source.registered', subject, actor: actorOf(caller), payload }])
    return ok({ source: viewOf(source), secret: secret === null ? null : Buffer.from(secret).toString('base64') })
  })
}

/** All producers of the organization, by name. */
export async function readSources(deps: Deps, caller: Caller): Promise<Result<{ items: SourceView[] }>> {
  const { organizationId } = caller
  const found = await deps.store.transaction({ organizationId }, (tx) => listSources(tx))
  return ok({ items: found.map(viewOf) })
}

/** Ends a producer: events that it sends from now on are refused. */
export async function endSource(deps: Deps, caller: Caller, name: string): Promise<Result<SourceView>> {
  const { organizationId } = caller
  return await deps.store.transaction({ organizationId }, async (tx) => {
    const revoked = await revokeSource(tx, name, deps.clock.now())
    const source = await sourceByName(tx, name)
    if (source === null) return refuse('source-unknown', `No source ${name} is registered.`)
    if (revoked) {
      const actor = actorOf(caller)
      await append(deps, tx, [{ type: 'journal.source.revoked', subject: `source/${name}`, actor, payload: { name } }])
    }
    return ok(viewOf(source))
  })
}

/** The key that a stored source checks with. Throws when the master key is not the one that sealed it. */
export function keyOf(deps: Deps, organizationId: string, source: StoredSource): SourceKey {
  if (source.sealed_secret !== null) {
    const secret = deps.secrets.open(source.sealed_secret, sealContext(organizationId, source.name))
    return { algorithm: 'hmac-sha256', secret }
  }
  return source.public_key === null ? { algorithm: 'none' } : { algorithm: 'ed25519', publicKey: source.public_key }
}
