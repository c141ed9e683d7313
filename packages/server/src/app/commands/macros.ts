import { readFileSync } from 'node:fs'
import { MacroDefinition, MacroExecutionDetail, MacroName, MacroValidation } from '@metaagent/contract'
import { z } from 'zod'
import { readConfig } from '../config.ts'
import { type Api, apiFor, CommandRefused } from './api.ts'
import type { Output } from './output.ts'

interface ServerOptions {
  readonly url?: string | undefined
  readonly apiKey?: string | undefined
}

/** How often an execution is looked at while the command waits for its end. */
const lookEveryMs = 500

/**
 * `metaagent macros run`: starts a macro and, unless told otherwise, waits for its end and says what each step came to.
 * Returns whether it succeeded, or was started when nobody waits. `pause` waits between two looks.
 */
export async function runMacroCommand(
  options: ServerOptions & {
    readonly name: string
    readonly input?: string | undefined
    readonly environment: string
    readonly reason: string
    readonly approval?: string | undefined
    readonly wait: boolean
  },
  output: Output,
  api: Api = apiFor(readConfig(), options),
  pause: (durationMs: number) => Promise<void> = (durationMs) => new Promise((done) => setTimeout(done, durationMs)),
): Promise<boolean> {
  const { name, environment, reason, approval } = options
  const inputs = options.input === undefined ? {} : readInput(options.input)
  const body = { inputs, environment, reason, ...(approval === undefined ? {} : { approvalId: approval }) }
  const path = `/api/v1/macros/${encodeURIComponent(name)}/run`
  let execution = await api.request('POST', path, MacroExecutionDetail, body)
  const { macroExecutionId } = execution
  output.line(`Started ${name} as ${macroExecutionId}.`)
  while (options.wait && execution.status === 'running') {
    await pause(lookEveryMs)
    execution = await api.request('GET', `/api/v1/macro-executions/${macroExecutionId}`, MacroExecutionDetail)
  }
  output.result(execution)
  for (const { name: step, kind, state, attempts, events } of execution.steps)
    output.line([state.padEnd(11), step, kind, `${attempts}×`, events.at(-1)?.because?.text ?? ''].join('  ').trimEnd())
  output.line(`${execution.status}. ${execution.endedBecause?.text ?? ''}`.trimEnd())
  return execution.status === 'succeeded' || !options.wait
}

/** A definition alone, or an order as the API takes it. */
const Written = z.union([
  z.object({ name: MacroName.optional(), definition: MacroDefinition }),
  MacroDefinition.transform((definition) => ({ name: undefined, definition })),
])

/** `metaagent macros validate`: every problem of a definition in a file. Returns whether there is none. */
export async function validateMacroCommand(
  options: ServerOptions & { readonly file: string },
  output: Output,
  api: Api = apiFor(readConfig(), options),
): Promise<boolean> {
  const written = Written.safeParse(readJson(options.file))
  if (!written.success) {
    const text = z.prettifyError(written.error)
    throw new CommandRefused(`${options.file} holds no macro:\n${text}`)
  }
  const { name, definition } = written.data
  const body = { definition, ...(name === undefined ? {} : { name }) }
  const { problems, blocks } = await api.request('POST', '/api/v1/macro-validations', MacroValidation, body)
  output.result({ problems, blocks })
  for (const { path, because } of problems) output.line(`${path}  ${because.text}`)
  for (const { because } of blocks) output.line(`It would be blocked: ${because.text}`)
  if (problems.length === 0 && blocks.length === 0) output.line('No problem.')
  return problems.length === 0
}

/** JSON on the command line, or of a file when it begins with @. */
function readInput(text: string): unknown {
  return text.startsWith('@') ? readJson(text.slice(1)) : parsed(text, '--input')
}

function readJson(file: string): unknown {
  let text: string
  try {
    // 0 is standard input.
    text = readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch {
    throw new CommandRefused(`${file} cannot be read.`)
  }
  return parsed(text, file)
}

function parsed(text: string, from: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CommandRefused(`${from} holds no JSON: ${error instanceof Error ? error.message : ''}`)
  }
}
