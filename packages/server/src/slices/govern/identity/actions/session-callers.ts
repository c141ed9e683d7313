import type { Instant } from '../../../../kernel/instant.ts'
import { ok, type Result } from '../../../../kernel/result.ts'
import type { Caller } from '../../../../ports/slice.ts'
import type { Tx } from '../../../../ports/store.ts'
import { judgeSession, sessionEnd } from '../model/lifetimes.ts'
import { sessionLimits } from '../model/policies.ts'
import type { SessionRow } from '../store/sessions.ts'
import { callerOfUser } from './callers.ts'
import { policiesNow } from './policies.ts'

/** Who a session stands for now, by the organization's present policies. */
export async function callerOfSessionRow(tx: Tx, session: SessionRow, now: Instant): Promise<Result<Caller>> {
  const limits = sessionLimits(await policiesNow(tx))
  const judged = judgeSession(session, session.userDisabledAt, limits, now)
  if (!judged.ok) return judged
  return ok(callerOfUser(tx.organizationId, { ...session, expiresAt: sessionEnd(session, limits) }))
}
