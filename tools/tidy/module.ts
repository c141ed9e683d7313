import { posix } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'

/** One reference from a file to another module: static, re-exported, dynamic or in a type. */
export interface Import {
  readonly specifier: string
  readonly line: number
  /** Gone at run time: `import type`, `export type`, `import('…').T`. */
  readonly typeOnly: boolean
}

/** What a rule needs to know of one source file. */
export interface Module {
  /** From the repository's root, with forward slashes. */
  readonly path: string
  readonly lines: number
  readonly imports: readonly Import[]
  /** Lines that read the process's environment. */
  readonly environmentReads: readonly number[]
  /** Lines with `new Date()` or `Date()`: a hidden clock. */
  readonly bareDates: readonly number[]
  /** First arguments of `test`, `it` and `describe`, with their `.each` and `.for` forms. */
  readonly testNames: readonly string[]
  readonly functions: readonly { readonly name: string; readonly line: number; readonly lines: number }[]
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}

/** Reads one TypeScript source. Throws with the file's name when it does not parse. */
export function readModule(path: string, text: string): Module {
  const parsed = parseSync(path, text)
  const first = parsed.errors[0]
  if (first !== undefined) throw new Error(`${path} does not parse: ${first.message}`)
  const lineOf = lineCounter(text)
  const imports: Import[] = []
  const environmentReads: number[] = []
  const bareDates: number[] = []
  const testNames: string[] = []
  const functions: { name: string; line: number; lines: number }[] = []

  const importFrom = (source: Node | null, typeOnly: boolean) => {
    const specifier = literal(source)
    if (specifier !== null && source !== null) imports.push({ specifier, line: lineOf(source.start), typeOnly })
  }
  const measure = (node: Node, name: string) => {
    const line = lineOf(node.start)
    functions.push({ name, line, lines: lineOf(node.end) - line + 1 })
  }
  new Visitor({
    ImportDeclaration: (node) => {
      importFrom(node.source, node.importKind === 'type')
      if (/^(node:)?process$/.test(node.source.value) && node.specifiers.some((s) => importedName(s) === 'env'))
        environmentReads.push(lineOf(node.start))
    },
    ExportNamedDeclaration: (node) => importFrom(node.source, node.exportKind === 'type'),
    ExportAllDeclaration: (node) => importFrom(node.source, node.exportKind === 'type'),
    ImportExpression: (node) => importFrom(node.source, false),
    TSImportType: (node) => importFrom(node.source, true),
    MemberExpression: (node) => {
      const owner = node.object.type === 'MemberExpression' ? name(node.object.property) : name(node.object)
      if (owner === 'process' && name(node.property) === 'env') environmentReads.push(lineOf(node.start))
    },
    NewExpression: (node) => {
      if (name(node.callee) === 'Date' && node.arguments.length === 0) bareDates.push(lineOf(node.start))
    },
    CallExpression: (node) => {
      if (name(node.callee) === 'Date') bareDates.push(lineOf(node.start))
      if (isTestCall(node.callee)) {
        const title = node.arguments[0] === undefined ? null : literal(node.arguments[0])
        if (title !== null) testNames.push(title)
      }
    },
    FunctionDeclaration: (node) => measure(node, node.id?.name ?? '(function)'),
    MethodDefinition: (node) => measure(node, name(node.key) ?? '(method)'),
    VariableDeclarator: (node) => {
      if (node.init?.type === 'ArrowFunctionExpression' || node.init?.type === 'FunctionExpression')
        measure(node, name(node.id) ?? '(arrow)')
    },
    Property: (node) => {
      if (node.value.type === 'ArrowFunctionExpression' || node.value.type === 'FunctionExpression')
        measure(node, name(node.key) ?? '(property)')
    },
  }).visit(parsed.program)
  return { path, lines: text.split('\n').length, imports, environmentReads, bareDates, testNames, functions }
}

/** The repository path that a relative specifier means, or null for a package. */
export function resolveRelative(from: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), specifier)) : null
}

function importedName(specifier: Node): string | null {
  return 'imported' in specifier ? name(specifier.imported as Node) : null
}

function name(node: Node): string | null {
  if (node.type === 'Identifier' && 'name' in node) return String(node.name)
  return literal(node)
}

/** The text of a string or of a template; holes of a template become `…`. */
function literal(node: Node | null): string | null {
  if (node === null) return null
  if (node.type === 'Literal' && 'value' in node && typeof node.value === 'string') return node.value
  if (node.type === 'TSLiteralType' && 'literal' in node) return literal(node.literal as Node)
  if (node.type !== 'TemplateLiteral' || !('quasis' in node)) return null
  const quasis = node.quasis as readonly { readonly value: { readonly cooked: string | null } }[]
  return quasis.map((quasi) => quasi.value.cooked ?? '').join('…')
}

/** `test(…)`, `test.each(table)(…)`, `describe.skipIf(c)(…)`, `it.concurrent.for(table)(…)` … */
function isTestCall(callee: Node): boolean {
  if (callee.type === 'Identifier') return ['test', 'it', 'describe'].includes(name(callee) ?? '')
  if (callee.type === 'MemberExpression' && 'object' in callee) return isTestCall(callee.object as Node)
  if ((callee.type === 'CallExpression' || callee.type === 'TaggedTemplateExpression') && 'callee' in callee)
    return isTestCall(callee.callee as Node)
  if (callee.type === 'TaggedTemplateExpression' && 'tag' in callee) return isTestCall(callee.tag as Node)
  return false
}

function lineCounter(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}
