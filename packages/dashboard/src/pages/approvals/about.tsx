import type { ApprovalRequest } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import { hunksOfPatch } from '../../ui/diff-lines.ts'
import { OwnDiffView } from '../../ui/diff-view.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import classes from './approvals.module.css'
import { sentenceOf } from './words.ts'

/** What a request is about, in words; where a text would change, the difference. */
export function About({ request }: { readonly request: ApprovalRequest }) {
  const { amendmentId, document, patch } = Object(request.parameters)
  const isAmendment = request.operation === 'amendments.ratify' && typeof amendmentId === 'string'
  return (
    <>
      <p className={classes['about']} data-testid="approval-about">
        {sentenceOf(request)}
        {isAmendment ? (
          <>
            {' '}
            <Link to="/amendments/$amendmentId" params={{ amendmentId }}>
              Its evidence and drafts
            </Link>
          </>
        ) : null}
      </p>
      {isAmendment && typeof patch === 'string' ? (
        <OwnDiffView hunks={hunksOfPatch(patch)} label={`What would change in ${document}`} />
      ) : null}
    </>
  )
}

/** The parameters as they are bound, without what the difference shows already. */
export function Parameters({ request }: { readonly request: ApprovalRequest }) {
  const { parameters } = request
  const { patch, ...rest } = Object(parameters)
  return <JsonView value={typeof patch === 'string' ? rest : parameters} what="the parameters" />
}
