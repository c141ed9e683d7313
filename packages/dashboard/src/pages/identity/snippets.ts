/** One way to report to this server. */
export interface Snippet {
  readonly key: 'sdk' | 'langgraph' | 'ai-sdk' | 'python' | 'otlp-node' | 'otlp-python' | 'curl'
  readonly label: string
  readonly lead: string
  readonly code: string
}

/** The ways to report, with the address of this server in them. `origin` is like `https://metaagent.example`. */
export function snippets(origin: string): readonly Snippet[] {
  return [
    { key: 'sdk', label: 'TypeScript SDK', lead: 'It batches, retries, and never throws into your agent.', code: sdk },
    {
      key: 'langgraph',
      label: 'LangGraph',
      lead: 'One callback handler for LangChain and LangGraph in JavaScript. An interrupt shows as waiting, not as a failure.',
      code: langgraph,
    },
    {
      key: 'ai-sdk',
      label: 'Vercel AI SDK',
      lead: 'Registered once, it reports every call, step and tool of version 7.',
      code: aiSdk,
    },
    {
      key: 'python',
      label: 'Python',
      lead: 'The same for Python 3.10 and newer; LangChain and LangGraph report through a callback handler.',
      code: pythonSdk,
    },
    {
      key: 'otlp-node',
      label: 'OpenTelemetry, Node',
      lead: 'Any framework that writes OpenTelemetry spans reports with settings alone.',
      code: otlp(origin),
    },
    {
      key: 'otlp-python',
      label: 'OpenTelemetry, Python',
      lead: 'The usual exporter over HTTP; gen_ai.* attributes are understood.',
      code: python(origin),
    },
    { key: 'curl', label: 'curl', lead: 'One execution by hand, to see that the way is open.', code: curl(origin) },
  ]
}

const sdk = `npm install @metaagent/sdk

import { AgentLogger } from '@metaagent/sdk'

// Reads METAAGENT_URL and METAAGENT_API_KEY.
const logger = new AgentLogger({ agent: 'my-agent', release: '1.0.0' })

const run = logger.startExecution({ input: question })
const call = run.action({ kind: 'llm', name: 'answer', model: 'gpt-4.1' })
call.end({ output: answer, usage: { inputTokens: 812, outputTokens: 64 } })
run.end({ status: 'success', output: answer })`

const langgraph = `npm install @metaagent/sdk

import { MetaAgentCallbackHandler } from '@metaagent/sdk/langchain'

// Reads METAAGENT_URL and METAAGENT_API_KEY.
const handler = new MetaAgentCallbackHandler()

await graph.invoke(input, {
  callbacks: [handler],
  configurable: { thread_id: conversationId },
})`

const aiSdk = `npm install @metaagent/sdk

import { registerTelemetry } from 'ai'
import { MetaAgentTelemetry } from '@metaagent/sdk/ai'

// Reads METAAGENT_URL and METAAGENT_API_KEY.
registerTelemetry(new MetaAgentTelemetry())

await generateText({ model, prompt, telemetry: { functionId: 'my-agent' } })`

const pythonSdk = `pip install metaagent

from metaagent import AgentLogger
from metaagent.langchain import MetaAgentCallbackHandler

# Reads METAAGENT_URL and METAAGENT_API_KEY.
logger = AgentLogger(agent="my-agent", release="1.0.0")

with logger.start_execution(input=question) as run:
    with run.action(kind="llm", name="answer", model="gpt-4.1") as call:
        call.end(output=answer, usage={"input_tokens": 812, "output_tokens": 64})
    run.end(output=answer)

# LangGraph
graph.invoke(input, config={"callbacks": [MetaAgentCallbackHandler(logger)]})`

function otlp(origin: string): string {
  return `OTEL_SERVICE_NAME=my-agent
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${origin}/v1/traces
OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer $METAAGENT_API_KEY"`
}

function python(origin: string): string {
  return `pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http

import os
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

provider = TracerProvider(resource=Resource.create({"service.name": "my-agent"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(
    endpoint="${origin}/v1/traces",
    headers={"authorization": "Bearer " + os.environ["METAAGENT_API_KEY"]},
)))
trace.set_tracer_provider(provider)`
}

function curl(origin: string): string {
  return `curl ${origin}/api/v1/telemetry \\
  -H "authorization: Bearer $METAAGENT_API_KEY" -H 'content-type: application/json' \\
  -d '{"executions":[{"executionId":"'$(openssl rand -hex 16)'","agent":"my-agent","status":"success",
       "startedAt":"'$(date -u +%FT%TZ)'","endedAt":"'$(date -u +%FT%TZ)'"}]}'`
}
