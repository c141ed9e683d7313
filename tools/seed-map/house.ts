import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The repository as the map looks names up in it. Paths are from the root, with forward slashes. */
export interface House {
  /** Whether a file or folder stands there. */
  readonly has: (path: string) => boolean
  /** The text of a file, or null. */
  readonly text: (path: string) => string | null
  /** Shipped sources: TypeScript and SQL below packages, tests aside. */
  readonly sources: readonly { readonly path: string; readonly text: string }[]
  /** The event types of the contract's catalogue. */
  readonly eventTypes: readonly string[]
}

const skipped = /(^|\/)(node_modules|dist|generated|testkit)(\/|$)|\.test\.tsx?$/

export function readHouse(root: string, eventTypes: readonly string[]): House {
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  const workspaces = readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'src')),
  )
  const paths = workspaces.flatMap((name) =>
    (readdirSync(join(root, 'packages', name, 'src'), { recursive: true }) as string[]).map(
      (path) => `packages/${name}/src/${path}`,
    ),
  )
  return {
    has: (path) => existsSync(join(root, path)),
    text: (path) => (existsSync(join(root, path)) ? read(path) : null),
    sources: paths
      .filter((path) => /\.(tsx?|sql)$/.test(path) && !skipped.test(path))
      .map((path) => ({ path, text: read(path) })),
    eventTypes,
  }
}

/** Whether a text exports a class, function, constant, interface or type of that name. */
export function exportsName(text: string, name: string): boolean {
  return new RegExp(
    `^export (?:declare |abstract |async )*(?:class|function\\*?|const|interface|type) ${escape(name)}\\b`,
    'm',
  ).test(text)
}

/** Whether a text creates the table. */
export function createsTable(text: string, name: string): boolean {
  return new RegExp(`^create table (?:if not exists )?${escape(name)} `, 'm').test(text)
}

/** Whether a text declares the route; `GET /api/v1/tasks/{id}` fits `/api/v1/tasks/:taskId`. */
export function declaresEndpoint(text: string, endpoint: string): boolean {
  const [method = '', path = ''] = endpoint.split(' ')
  return text
    .split(/[rR]oute(?:<[^(]*>)?\(\{/)
    .slice(1)
    .some((declaration) => {
      const declared = /\bpath: '([^']+)'/.exec(declaration)?.[1]
      const verb = /\bmethod: '([A-Z]+)'/.exec(declaration)?.[1] ?? 'GET'
      return declared !== undefined && verb === method && withoutNames(declared) === withoutNames(path)
    })
}

/** Whether the catalogue knows the event, or for a pattern (`recovery.*`) one that fits. */
export function knowsEvent(eventTypes: readonly string[], pattern: string): boolean {
  return pattern.endsWith('*')
    ? eventTypes.some((type) => type.startsWith(pattern.slice(0, -1)))
    : eventTypes.includes(pattern)
}

function withoutNames(path: string): string {
  return path.replaceAll(/:\w+|\{\w+\}/g, '{}')
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
