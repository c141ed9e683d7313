import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../../tools/programs.ts'

const requirements = join(import.meta.dirname, 'requirements.txt')
const environment = join(root, 'node_modules/.cache/metaagent-schemathesis')

/** The program, or a text that says why there is none. */
export type SchemathesisFound = { readonly program: string } | { readonly missing: string }

/** Installs the pinned schemathesis into an environment of its own below `node_modules/.cache`, once for each list of pins. */
export async function findOrInstallSchemathesis(): Promise<SchemathesisFound> {
  const program = join(environment, 'bin/schemathesis')
  const marker = join(environment, 'requirements.sha256')
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  if (existsSync(program) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return { program }
  rmSync(environment, { recursive: true, force: true })
  mkdirSync(join(environment, '..'), { recursive: true })
  const made = await run('python3', ['-m', 'venv', environment], { capture: true })
  if (made.exitCode !== 0) return { missing: 'python3 cannot make a virtual environment (Debian: python3-venv)' }
  const install = ['-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '-r', requirements]
  const installed = await run(join(environment, 'bin/python'), install, { capture: true })
  if (installed.exitCode !== 0) return { missing: `pip could not install it: ${lastLine(installed.output)}` }
  writeFileSync(marker, wanted)
  return { program }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

/** Values that exist, by the name of the parameter of a path that takes them. */
export type KnownValues = Readonly<Record<string, string>>

/**
 * The configuration: every second value of a parameter is one that exists, so that requests get beyond “not found”, and the
 * others are made up.
 */
export function configurationOf(known: KnownValues): string {
  const named = Object.entries(known).map(([name, value]) => [JSON.stringify(name), JSON.stringify(value)] as const)
  const dictionaries = named.flatMap(([name, value]) => [`[dictionaries.${name}]`, `values = [${value}]`, ''])
  const parameters = Object.keys(known).map(
    (name) => `${JSON.stringify(`path.${name}`)} = { dictionary = ${JSON.stringify(name)}, probability = 0.5 }`,
  )
  return ['[parameters]', ...parameters, '', ...dictionaries].join('\n')
}

export interface Pass {
  readonly program: string
  /** A folder of this pass for its configuration and its report. */
  readonly folder: string
  readonly url: string
  readonly key: string
  readonly known: KnownValues
  readonly phases: string
  readonly maxExamples: number
  readonly seed: number
  /** Operations that are left out: they never end. */
  readonly without: readonly string[]
  /** Only paths that this expression finds; null: all. */
  readonly paths: string | null
}

/**
 * What is checked of each answer: no fault of ours, and nothing that the document does not announce; of each request
 * without a credential: that it is refused; of methods that an address does not take: 405 with those that it does.
 */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'allow_header_conformance',
  'ignored_auth',
]

/** Runs one pass to its end; what it prints goes to the console. */
export async function runPass(pass: Pass): Promise<PassReport> {
  mkdirSync(pass.folder, { recursive: true })
  const configuration = join(pass.folder, 'schemathesis.toml')
  writeFileSync(configuration, configurationOf(pass.known))
  const report = join(pass.folder, 'report.json')
  const { exitCode } = await run(pass.program, argumentsOf(pass, configuration, report), { cwd: pass.folder })
  if (!existsSync(report)) throw new Error(`schemathesis ended with ${exitCode} and wrote no report`)
  return reportOf(JSON.parse(readFileSync(report, 'utf8')))
}

function argumentsOf(pass: Pass, configuration: string, report: string): readonly string[] {
  const options: Readonly<Record<string, string>> = {
    header: `Authorization: Bearer ${pass.key}`,
    phases: pass.phases,
    checks: checks.join(','),
    'max-examples': String(pass.maxExamples),
    seed: String(pass.seed),
    // More than one ends in “AST constructor recursion depth mismatch” of Python 3.11.
    workers: '1',
    'request-timeout': '10',
    warnings: 'off',
    'generation-database': 'none',
    report: 'json',
    'report-json-path': report,
    ...(pass.paths === null ? {} : { 'include-path-regex': pass.paths }),
  }
  const flags = ['--continue-on-failure', '--no-shrink', '--no-color']
  const named = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const without = pass.without.flatMap((operationId) => ['--exclude-operation-id', operationId])
  const document = `${pass.url}/api/v1/openapi.json`
  return ['--config-file', configuration, 'run', document, ...named, ...flags, ...without]
}

/** What one pass found. */
export interface PassReport {
  readonly operations: number
  readonly cases: number
  /** Answers with a status of 500 and above. */
  readonly serverErrors: number
  /** Answers that the document does not allow. */
  readonly schemaViolations: number
  /** Anything else that is wrong, and what schemathesis itself could not do: `title: operation`. */
  readonly others: readonly string[]
}

interface JsonReport {
  readonly operations: { readonly tested: number; readonly errored: number }
  readonly test_cases: { readonly generated: number }
  readonly failures: readonly {
    readonly type: string
    readonly title: string
    readonly count: number
    readonly operations: readonly string[]
  }[]
  readonly errors: readonly { readonly title: string; readonly count: number }[]
}

const serverErrorTypes: ReadonlySet<string> = new Set(['ServerError'])
const violationTypes: ReadonlySet<string> = new Set([
  'JsonSchemaError',
  'MalformedJson',
  'MalformedMediaType',
  'MissingContentType',
  'MissingHeaders',
  'UndefinedContentType',
  'UndefinedStatusCode',
])

/** Reads the report of `--report json`. */
export function reportOf(report: JsonReport): PassReport {
  const count = (types: ReadonlySet<string>) =>
    report.failures.filter(({ type }) => types.has(type)).reduce((sum, failure) => sum + failure.count, 0)
  const others = report.failures.filter(({ type }) => !serverErrorTypes.has(type) && !violationTypes.has(type))
  return {
    operations: report.operations.tested,
    cases: report.test_cases.generated,
    serverErrors: count(serverErrorTypes),
    schemaViolations: count(violationTypes),
    others: [
      ...others.flatMap(({ title, operations }) => operations.map((operation) => `${title}: ${operation}`)),
      ...report.errors.map(({ title, count: times }) => `schemathesis itself: ${title} (${times})`),
    ],
  }
}
