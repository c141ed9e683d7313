import { defaultMaskingSettings } from '@metaagent/contract'
import type { Question, ServerState } from './answers.ts'
import { iso, uuid } from './random.ts'
import { json, refusal } from './replies.ts'

const token = `[token:email:${'a'.repeat(22)}]`

/** What the fixture server says about masking: one agent has it otherwise; less masking needs an approval. */
export const maskingAnswers: readonly (readonly [
  method: string,
  pattern: RegExp,
  answer: (question: Question, state: ServerState, parts: readonly string[]) => Response,
])[] = [
  ['GET', /^\/masking$/, (_, { nowMs }) => json(overview(nowMs))],
  ['PUT', /^\/masking$/, changed],
  [
    'PUT',
    /^\/masking\/agents\/([^/]+)$/,
    ({ body }, { nowMs }, [agent]) =>
      json({ ...overview(nowMs).agents[0], agent: decodeURIComponent(agent ?? ''), override: Object(body).override }),
  ],
  ['POST', /^\/masking\/try$/, tried],
  [
    'POST',
    /^\/masking\/reveal$/,
    ({ body }, { nowMs }) =>
      Object(body).token === token
        ? json({ token, class: 'email', value: 'ada@northwind.example', firstSeenAt: iso(nowMs - 9e7) })
        : refusal('not-found', 'Your organization has no such token. Copy it whole, brackets included.'),
  ],
  ['POST', /^\/masking\/erase$/, (_, { nowMs }) => json({ token, erasedAt: iso(nowMs) })],
]

function overview(nowMs: number) {
  const changed = { changedBy: `user:${uuid(1)}`, changedAt: iso(nowMs - 864e5) }
  return {
    organization: { settings: defaultMaskingSettings, version: 1, ...changed },
    agents: [{ agent: 'claims-intake', override: { storeInputs: false }, version: 1, ...changed }],
  }
}

function changed({ body }: Question, { nowMs }: ServerState): Response {
  const { settings, approvalId } = Object(body)
  if (settings.classes.length < defaultMaskingSettings.classes.length && approvalId === undefined)
    return refusal('approval-required', 'Values of these classes would be stored in clear: email.', {
      action: {
        operation: 'masking.change',
        subject: 'masking',
        environment: 'production',
        impact: 'HIGH',
        parameters: {},
      },
    })
  return json({ ...overview(nowMs).organization, settings, version: 2 })
}

function tried({ body }: Question): Response {
  const { text } = Object(body)
  const start = String(text).indexOf('ada@example.com')
  const end = start + 'ada@example.com'.length
  const finds = start < 0 ? [] : [{ class: 'email', rule: 'email', start, end, replacement: '[masked:email]' }]
  const masked = String(text).replace('ada@example.com', '[masked:email]')
  return json({ text: masked, finds, storeInputs: true, storeOutputs: true })
}
