import { expect, test } from 'vitest'
import { withoutContents } from './contents.ts'

// Where vocabularies of OpenTelemetry senders put what went in and what came out.
const inputs = [
  'gen_ai.input.messages',
  'gen_ai.prompt.0.content',
  'gen_ai.tool.call.arguments',
  'llm.input_messages.0.message.content',
  'input.value',
  'traceloop.entity.input',
  'langfuse.observation.input',
  'ai.prompt.messages',
  'lk.input_text',
]
const outputs = [
  'gen_ai.output.messages',
  'gen_ai.completion.0.content',
  'gen_ai.tool.call.result',
  'llm.output_messages.0.message.content',
  'output.value',
  'traceloop.entity.output',
  'ai.response.text',
  'final_result',
]
const both = [
  'metaagent.events',
  'events',
  'genkit:input',
  'genkit:output',
  'mlflow.spanInputs',
  'mlflow.spanOutputs',
  'pydantic_ai.all_messages',
  'all_messages_events',
  'gcp.vertex.agent.llm_request',
  'gcp.vertex.agent.llm_response',
  'tool_response',
  'lk.chat_ctx',
  'retrieval.documents.0.document.content',
]
const all = [...inputs, ...outputs, ...both]
const attributes = Object.fromEntries([...all, 'server.address'].map((name) => [name, 'text']))
const namesLeft = (dropped: { readonly inputs: boolean; readonly outputs: boolean }) =>
  Object.keys(withoutContents(attributes, dropped) ?? attributes)

test('inputs and outputs that are not stored are in no attribute either', () => {
  expect(namesLeft({ inputs: true, outputs: true })).toEqual(['server.address'])
  expect(namesLeft({ inputs: true, outputs: false })).toEqual([...outputs, 'server.address'])
  expect(namesLeft({ inputs: false, outputs: true })).toEqual([...inputs, 'server.address'])
})
