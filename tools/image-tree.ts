// What the Dockerfile makes, without a container engine: the file tree of its last stage, and how it is started.
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { root, run } from './programs.ts'

export interface Instruction {
  readonly keyword: string
  readonly flags: Readonly<Record<string, string>>
  readonly rest: string
}

export interface Stage {
  readonly name: string | null
  readonly image: string
  readonly instructions: readonly Instruction[]
}

/** Reads the instructions of a Dockerfile by stage: comments left out, continued lines joined. */
export function readStages(text: string): readonly Stage[] {
  const stages: { name: string | null; image: string; instructions: Instruction[] }[] = []
  const joined = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, '')
  for (const line of joined.split('\n').filter((one) => one.trim() !== '')) {
    const [, keyword = '', flagText = '', rest = ''] = /^(\w+)((?: --[\w-]+(?:=\S+)?)*) (.*)$/.exec(line.trim()) ?? []
    if (keyword === '') throw new Error(`this line of the Dockerfile cannot be read: ${line}`)
    const from = /^(\S+)(?: AS (\S+))?$/i.exec(rest)
    if (keyword === 'FROM') stages.push({ name: from?.[2] ?? null, image: from?.[1] ?? '', instructions: [] })
    else stages.at(-1)?.instructions.push({ keyword, flags: flagsOf(flagText), rest })
  }
  return stages
}

function flagsOf(text: string): Readonly<Record<string, string>> {
  const flags = [...text.matchAll(/--([\w-]+)(?:=(\S+))?/g)].map(([, name, value]) => [String(name), value ?? 'true'])
  return Object.fromEntries(flags)
}

/** How the image is started, as its last stage says. */
export interface Start {
  readonly environment: Readonly<Record<string, string>>
  readonly workdir: string
  readonly user: string
  readonly volume: string
  /** Entry point and command. */
  readonly command: readonly string[]
  readonly health: readonly string[]
}

/** Reads how an image of this stage is started; throws when the stage leaves something of it open. */
export function startOf(stage: Stage): Start {
  const last = (keyword: string) => {
    const found = stage.instructions.findLast((one) => one.keyword === keyword)
    if (found === undefined) throw new Error(`the last stage of the Dockerfile has no ${keyword}`)
    return found.rest
  }
  const list = (text: string) => JSON.parse(text.replace(/^CMD /, '')) as readonly string[]
  const variables = stage.instructions
    .filter(({ keyword }) => keyword === 'ENV')
    .flatMap(({ rest }) => rest.split(/\s+/))
  return {
    environment: Object.fromEntries(variables.map((pair) => pair.split('=', 2) as [string, string])),
    workdir: last('WORKDIR'),
    user: last('USER'),
    volume: last('VOLUME'),
    command: [...list(last('ENTRYPOINT')), ...list(last('CMD'))],
    health: list(last('HEALTHCHECK')),
  }
}

export interface Image extends Start {
  /** Holds the tree as the image would: `tree` + `/app` is `/app` there. */
  readonly tree: string
}

/**
 * Assembles what the last stage holds into `folder`: does the COPY lines of the Dockerfile, with the checkout as what the
 * stage `build` has built (run `npm run build` first) and with production dependencies installed as the stage
 * `dependencies` says.
 */
export async function assembleImage(folder: string): Promise<Image> {
  const stages = readStages(readFileSync(join(root, 'Dockerfile'), 'utf8'))
  const final = stages.at(-1)
  const dependencies = stages.find(({ name }) => name === 'dependencies')
  if (final === undefined || dependencies === undefined) throw new Error('the Dockerfile has lost a stage')
  const installed = join(folder, 'dependencies')
  await runStage(dependencies, installed)
  const tree = join(folder, 'tree')
  const start = startOf(final)
  for (const copy of final.instructions.filter(({ keyword }) => keyword === 'COPY')) {
    const [from, within] = sourceOf(copy, installed)
    copyInto(copy, from, within, join(tree, start.workdir))
  }
  mkdirSync(join(tree, start.volume), { recursive: true })
  return { ...start, tree }
}

/** The folder that a COPY reads, and the path by which the Dockerfile calls it. */
function sourceOf({ flags }: Instruction, installed: string): readonly [folder: string, within: string] {
  if (flags['from'] === undefined) return [root, '']
  return flags['from'] === 'dependencies' ? [installed, '/build'] : [root, '/build']
}

function copyInto({ rest }: Instruction, from: string, within: string, to: string): void {
  const words = rest.split(/\s+/)
  const target = words.at(-1) ?? ''
  for (const word of words.slice(0, -1)) {
    const source = join(from, word.startsWith(`${within}/`) ? word.slice(within.length) : word)
    if (!existsSync(source))
      throw new Error(`the Dockerfile copies ${word}, which is not there; run npm run build first`)
    const isFolder = target.endsWith('/')
    const place = isAbsolute(target) ? target : join(to, target)
    mkdirSync(dirname(isFolder ? join(place, 'x') : place), { recursive: true })
    cpSync(source, isFolder ? join(place, basename(source)) : place, { recursive: true, verbatimSymlinks: true })
  }
}

async function runStage({ instructions }: Stage, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const instruction of instructions) {
    if (instruction.keyword === 'COPY') copyInto(instruction, root, '', folder)
    if (instruction.keyword !== 'RUN') continue
    const { exitCode, output } = await run('sh', ['-c', instruction.rest], { cwd: folder, capture: true })
    if (exitCode !== 0) throw new Error(`${instruction.rest}\n${output}`)
  }
}

/**
 * The arguments under which bubblewrap runs a command as the image would be run with `--read-only --tmpfs /tmp` and a volume:
 * the tree and the system's libraries alone, nothing of it writable but the volume and `/tmp`, as the image's user.
 */
export function sandboxed(image: Image, dataFolder: string, command: readonly string[]): readonly string[] {
  const [uid = '', gid = uid] = image.user.split(':')
  const libraries = ['/lib', '/lib64', '/usr/lib'].filter((path) => existsSync(path))
  const variables = { PATH: '/usr/local/bin', HOME: '/tmp', ...image.environment }
  const words = (text: string) => text.split(' ')
  return [
    words('--unshare-user --unshare-pid --unshare-ipc --unshare-uts --die-with-parent --clearenv'),
    ['--uid', uid, '--gid', gid],
    libraries.flatMap((path) => ['--ro-bind', path, path]),
    ['--ro-bind', process.execPath, '/usr/local/bin/node', '--ro-bind', join(image.tree, 'app'), '/app'],
    ['--bind', dataFolder, image.volume],
    words('--proc /proc --dev /dev --tmpfs /tmp --remount-ro /'),
    Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value]),
    ['--chdir', image.workdir, '--', ...command],
  ].flat()
}
