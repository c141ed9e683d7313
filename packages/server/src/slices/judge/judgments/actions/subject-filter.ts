import { QaSubject } from '@metaagent/contract'
import { ok, type Result, refuse } from '../../../../kernel/result.ts'

type SubjectFilter = { readonly kind: QaSubject['kind']; readonly id: string | null } | null

/** The subject that a list is asked for; null: of any. */
export function subjectFilter(filters: {
  readonly subjectKind?: QaSubject['kind'] | undefined
  readonly subjectId?: string | undefined
}): Result<SubjectFilter> {
  const { subjectKind: kind, subjectId: id = null } = filters
  if (kind === undefined)
    return id === null
      ? ok(null)
      : refuse('invalid-query', 'subjectId is looked for among subjects of a kind: send subjectKind with it.')
  if (id !== null && !QaSubject.safeParse({ kind, id }).success)
    return refuse('invalid-query', `subjectId: names no subject of the kind ${kind}. Take it from a judgment.`)
  return ok({ kind, id })
}
