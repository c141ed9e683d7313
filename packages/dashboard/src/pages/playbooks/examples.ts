import type { JsonValue, MacroDefinition } from '@metaagent/contract'
import type { z } from 'zod'

/** What a new macro begins with: it can be saved as it is. */
export const starter = {
  inputs: {
    type: 'object',
    properties: { service: { type: 'string' } },
    required: ['service'],
    additionalProperties: false,
  },
  steps: [
    {
      name: 'tell',
      kind: 'journal-event',
      arguments: { name: 'recovery-begun', data: { service: '{{inputs.service}}' } },
    },
    {
      name: 'restart',
      kind: 'http-call',
      arguments: { url: 'https://deploy.example.com/restart', body: { service: '{{inputs.service}}' } },
      timeoutMs: 30_000,
      retries: { attemptsMax: 3, backoffMs: 1_000, factor: 2, backoffMaxMs: 60_000 },
    },
  ],
  dependencies: [],
} satisfies z.input<typeof MacroDefinition>

const examples: Readonly<Record<string, Readonly<Record<string, JsonValue>>>> = {
  'http-call': { url: 'https://deploy.example.com/restart', method: 'POST', body: { service: '{{inputs.service}}' } },
  'journal-event': { name: 'recovered', data: { service: '{{inputs.service}}' } },
  notify: { channel: 'on-call', title: '{{inputs.service}} was restarted', severity: 'warning' },
  'wait-for': { health: { agent: 'support', window: '5m', states: ['healthy'] } },
  'ask-human': { question: 'Fail over {{inputs.service}}?', impact: 'HIGH' },
  'pause-agent': { agent: 'support', reason: 'Its tools are being restarted.' },
  'resume-agent': { agent: 'support' },
  'start-macro': { macro: 'another-macro', inputs: { service: '{{inputs.service}}' } },
}

/** A step of a kind to begin with; of a kind that this build does not know, one without arguments. */
export function exampleStep(kind: string): JsonValue {
  return { name: kind, kind, arguments: examples[kind] ?? {} }
}
