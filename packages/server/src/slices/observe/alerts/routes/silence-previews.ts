import { SilencePreview, SilencePreviewOrder } from '@metaagent/contract'
import { type Route, route } from '../../../../ports/slice.ts'
import { previewSilence } from '../actions/silences.ts'

export const silencePreviewRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/alert-silence-previews',
    access: 'alerts:read',
    tag: 'alerts',
    operationId: 'previewAlertSilence',
    summary: 'The firing alerts that a silence would mute; nothing is saved',
    body: SilencePreviewOrder,
    reply: SilencePreview,
    handle: (deps, { caller, body }) => previewSilence(deps, caller, body.matchers),
  }),
]
