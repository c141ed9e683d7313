/** A request as bytes, with the places of the ids that must differ from request to request. */
export interface BatchTemplate {
  readonly bytes: Buffer
  /** For each execution, where its 32 digits stand. */
  readonly executionIds: readonly (readonly number[])[]
  /** Where each action's own 16 digits stand; a parent's are written by the same number. */
  readonly actionIds: readonly (readonly number[])[]
  readonly actions: number
}

export interface BatchShape {
  readonly actions: number
  readonly actionsPerExecution: number
  /** Whether each execution's report goes with its actions. */
  readonly reports: boolean
}

const sentences = [
  'The customer asks whether the flight on Tuesday can be moved to Wednesday without a fee.',
  'According to the policy a basic economy ticket cannot be changed after it was booked.',
  'I have looked up the reservation and found two passengers, both with checked bags.',
  'Please confirm that you want to cancel the whole reservation and receive a voucher.',
  'The payment was made with a gift card, so the refund goes back to the same card.',
  'Your line was suspended because of an overdue bill of 125.50 dollars from last month.',
  'Restart the device, then open the settings and check that mobile data is switched on.',
  'I will transfer you to a human agent, since this request is beyond what I may do.',
]

const kinds = [
  { kind: 'llm', name: 'chat gpt-4.1', provider: 'openai', model: 'gpt-4.1-2025-04-14' },
  { kind: 'tool', name: 'get_reservation_details' },
  { kind: 'llm', name: 'chat claude-sonnet-4-5', provider: 'anthropic', model: 'claude-sonnet-4-5-20250929' },
  { kind: 'tool', name: 'search_direct_flight' },
  { kind: 'retrieval', name: 'search_policy' },
] as const

const placeholder = (letter: string, number: number, length: number) =>
  `@${letter}${String(number).padStart(length - 3, '0')}@`

/** Bodies of realistic actions, about 1 kB of JSON each: messages in, an answer out, tokens, a few attributes. */
export function batchTemplate(shape: BatchShape, seed: number, now: number): BatchTemplate {
  const executions = Math.ceil(shape.actions / shape.actionsPerExecution)
  const agents = ['booking-agent', 'billing-agent', 'support-agent', 'triage-agent']
  const agentOf = (execution: number) => agents[(execution + seed) % agents.length] ?? 'agent'
  const actions = Array.from({ length: shape.actions }, (_, index) => {
    const execution = Math.floor(index / shape.actionsPerExecution)
    return actionOf(index, execution, agentOf(execution), index % shape.actionsPerExecution === 0, seed, now)
  })
  const reports = shape.reports
    ? Array.from({ length: executions }, (_, execution) => reportOf(execution, agentOf(execution), seed, now))
    : []
  const bytes = Buffer.from(JSON.stringify({ executions: reports, actions }))
  return {
    bytes,
    executionIds: Array.from({ length: executions }, (_, index) => placesOf(bytes, placeholder('e', index, 32))),
    actionIds: Array.from({ length: shape.actions }, (_, index) => placesOf(bytes, placeholder('a', index, 16))),
    actions: shape.actions,
  }
}

function actionOf(index: number, execution: number, agent: string, first: boolean, seed: number, now: number) {
  const { kind, name, ...model } = kinds[(index + seed) % kinds.length] ?? kinds[0]
  const startedAt = now - 120_000 + ((index * 977 + seed * 131) % 60_000)
  const pick = (offset: number) => sentences[(index * 3 + seed + offset) % sentences.length] ?? ''
  const isModelCall = kind === 'llm'
  return {
    executionId: placeholder('e', execution, 32),
    actionId: placeholder('a', index, 16),
    parentActionId: first ? null : placeholder('a', index - 1, 16),
    agent,
    environment: 'production',
    release: `2026.${seed % 2}`,
    kind,
    name,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(startedAt + 250 + ((index * 37) % 2_000)).toISOString(),
    status: index % 25 === 24 ? 'failure' : 'success',
    ...(index % 25 === 24 ? { errorType: 'TimeoutError', errorMessage: 'the tool did not answer within 2000 ms' } : {}),
    ...model,
    ...(isModelCall
      ? { usage: { inputTokens: 1_200 + index, outputTokens: 90 + (index % 40), cacheReadTokens: 512 } }
      : {}),
    input: isModelCall
      ? {
          messages: [
            { role: 'system', content: pick(0) },
            { role: 'user', content: pick(1) },
            { role: 'tool', content: pick(2) },
          ],
        }
      : { arguments: { reservation_id: `R${index}${seed}`, query: pick(3), note: pick(1) } },
    output: isModelCall
      ? { role: 'assistant', content: `${pick(4)} ${pick(5)}` }
      : { result: [{ text: pick(6), score: 0.87 }, { text: pick(7) }] },
    attributes: {
      'gen_ai.request.temperature': 0.2,
      'server.address': 'api.example.net',
      step: index % 10,
      'thread.name': 'worker-3',
    },
  }
}

function reportOf(execution: number, agent: string, seed: number, now: number) {
  const startedAt = now - 120_000 + execution * 400
  return {
    executionId: placeholder('e', execution, 32),
    agent,
    environment: 'production',
    release: `2026.${seed % 2}`,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(startedAt + 20_000 + execution * 300).toISOString(),
    status: execution % 12 === 11 ? 'failure' : 'success',
    endReason: 'user_stop',
    conversationId: `c-${seed}-${execution}`,
    input: { task: sentences[execution % sentences.length] },
  }
}

function placesOf(bytes: Buffer, text: string): readonly number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) places.push(at)
  return places
}

const digits = Buffer.from('0123456789abcdef')

/** Writes a number as hex digits; the last of `length` digits is its lowest. */
function writeHex(bytes: Buffer, at: number, length: number, value: number): void {
  let rest = value
  for (let place = at + length - 1; place >= at; place--) {
    bytes[place] = digits[rest & 15] ?? 48
    rest = Math.floor(rest / 16)
  }
}

let nextId = 0

/** Gives every execution and action of a template new ids: `prefix` in front, a count behind. */
export function renew(template: BatchTemplate, prefix: number): void {
  const { bytes } = template
  for (const places of template.executionIds) {
    nextId += 1
    for (const at of places) {
      // The lowest digits lead, as in random ids: neighbours in time are not neighbours in the index.
      writeHex(bytes, at, 8, Math.imul(nextId, 0x9e3779b1) >>> 0)
      writeHex(bytes, at + 8, 8, prefix)
      writeHex(bytes, at + 16, 16, nextId)
    }
  }
  for (const places of template.actionIds) {
    nextId += 1
    for (const at of places) {
      writeHex(bytes, at, 8, Math.imul(nextId, 0x85ebca6b) >>> 0)
      writeHex(bytes, at + 8, 8, nextId)
    }
  }
}
