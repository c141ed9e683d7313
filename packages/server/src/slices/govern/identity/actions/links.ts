import type { EventActor } from '@metaagent/contract'
import { addMs, toIso } from '../../../../kernel/instant.ts'
import type { Deps } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { append } from '../../journal/index.ts'
import { linkMs } from '../model/lifetimes.ts'
import { addToDirectory } from '../store/directory.ts'
import { insertLink, voidLinks } from '../store/links.ts'
import { digestOf, newToken } from './digests.ts'

/**
 * Makes a one-time sign-in link for a person, voids their older ones and returns its address. The token stands behind
 * `#`, so that it reaches neither a server's log nor a referrer; the page sends it to `POST /api/v1/auth/sign-in`.
 */
export async function issueSignInLink(deps: Deps, tx: Tx, userId: string, actor: EventActor): Promise<string> {
  const now = deps.clock.now()
  const token = newToken(deps)
  const link = {
    linkId: deps.ids.uuid(),
    userId,
    tokenDigest: digestOf('link', token),
    createdAt: now,
    expiresAt: addMs(now, linkMs),
  }
  await voidLinks(tx, userId, now)
  await insertLink(tx, link)
  await tx.within('deployment', (outer) => addToDirectory(outer, link.tokenDigest, tx.organizationId))
  await append(deps, tx, [
    {
      type: 'identity.sign_in_link.issued',
      subject: `user/${userId}`,
      actor,
      payload: { userId, linkId: link.linkId, expiresAt: toIso(link.expiresAt) },
    },
  ])
  return `${deps.settings.publicUrl}/sign-in#token=${token}`
}
