// node packages/server/src/testkit/llm/main.ts [--port N] [--script FILE.json]
// Starts the scripted LLM server for tests in other languages and for demonstrations. Prints one line of JSON with its
// address, and ends with its standard input, so that it never outlives who started it.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startLlmServer } from './llm-server.ts'
import type { Turn } from './script.ts'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, script: { type: 'string' } },
})
const server = await startLlmServer({ port: Number(values.port) })
if (values.script !== undefined) server.script(...(JSON.parse(readFileSync(values.script, 'utf8')) as readonly Turn[]))
process.stdout.write(`${JSON.stringify({ url: server.url, port: Number(new URL(server.url).port) })}\n`)
process.stdin.resume()
process.stdin.once('end', () => void server.close().then(() => process.exit()))
