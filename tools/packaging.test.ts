import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { validate } from 'dockerfile-utils'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { secretNames } from '../packages/server/src/app/secret-files.ts'
import { readStages, startOf } from './image-tree.ts'
import { root } from './programs.ts'

const text = readFileSync(join(root, 'Dockerfile'), 'utf8')
const stages = readStages(text)
const final = stages.at(-1)

describe('the image', () => {
  test('its Dockerfile has no fault that a linter knows', () => {
    expect(validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([])
  })

  test('it runs as nobody’s root, says how it is healthy, and names one writable folder', () => {
    if (final === undefined) throw new Error('no stage')
    const { user, health, volume, command, environment, workdir } = startOf(final)
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    expect(health.join(' ')).toContain('/api/v1/health')
    expect(volume).toBe(environment['METAAGENT_DATA_DIR'])
    expect(existsSync(join(root, command[1] ?? ''))).toBe(true)
    expect(workdir).toBe('/app')
  })

  test('every stage has the Node that the repository pins', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'node_modules/node/package.json'), 'utf8')) as {
      version: string
    }
    expect(stages.map(({ image }) => image)).toEqual(stages.map(() => `node:${version}-trixie-slim`))
  })

  test('it holds production dependencies, built packages, and nothing of the sources', () => {
    const copies = final?.instructions.filter(({ keyword }) => keyword === 'COPY').map(({ rest }) => rest) ?? []
    expect(copies.some((rest) => rest.includes('/src'))).toBe(false)
    const installs = stages
      .find(({ name }) => name === 'dependencies')
      ?.instructions.filter(({ keyword }) => keyword === 'RUN')
    expect(installs?.map(({ rest }) => rest.includes('--omit=dev'))).toEqual([true])
    const { files } = JSON.parse(readFileSync(join(root, 'packages/server/package.json'), 'utf8')) as {
      files: string[]
    }
    const folders = files.filter((file) => !file.startsWith('!') && !file.endsWith('.md'))
    for (const folder of folders) expect(copies.join('\n')).toContain(`packages/server/${folder} `)
  })

  test('an instruction that cannot be read is a fault and not left out', () => {
    expect(() => readStages('FROM node\n???\n')).toThrow('cannot be read')
  })
})

interface Service {
  readonly image: string
  readonly build?: string
  readonly user?: string
  readonly privileged?: boolean
  readonly environment?: Readonly<Record<string, string>>
  readonly secrets?: readonly string[]
  readonly volumes?: readonly string[]
  readonly networks: readonly string[]
  readonly healthcheck?: unknown
  readonly read_only?: boolean
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

describe('compose.yaml', () => {
  const compose = parse(readFileSync(join(root, 'compose.yaml'), 'utf8'), { strict: true }) as {
    readonly services: Readonly<Record<string, Service>>
    readonly volumes: Readonly<Record<string, unknown>>
    readonly networks: Readonly<Record<string, unknown>>
    readonly secrets: Readonly<Record<string, { readonly file: string }>>
  }
  const services = Object.entries(compose.services)

  test('everything that it names is there', () => {
    for (const [name, service] of services) {
      for (const secret of service.secrets ?? []) expect(compose.secrets, name).toHaveProperty(secret)
      for (const network of service.networks) expect(compose.networks, name).toHaveProperty(network)
      for (const volume of service.volumes ?? []) {
        const source = volume.split(':')[0] ?? ''
        if (source.startsWith('./')) expect(existsSync(join(root, source)), `${name} ${source}`).toBe(true)
        else expect(compose.volumes, name).toHaveProperty(source)
      }
      for (const other of Object.keys(service.depends_on ?? {})) expect(compose.services, name).toHaveProperty(other)
      expect(service.image, name).toMatch(/:.*\d/)
    }
  })

  test('nothing starts before what it needs is healthy or done', () => {
    expect(compose.services['migrate']?.depends_on).toEqual({ postgres: { condition: 'service_healthy' } })
    expect(compose.services['server']?.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      migrate: { condition: 'service_completed_successfully' },
    })
    for (const [name, { healthcheck, build }] of services)
      expect(healthcheck !== undefined || build === '.', name).toBe(true)
  })

  test('secrets come from files that the server knows how to read, and none stands in the file itself', () => {
    const variables = services.flatMap(([, { environment = {}, build }]) =>
      Object.entries(environment).map(([variable, value]) => ({ variable, value, own: build !== undefined })),
    )
    const secret = variables.filter(({ variable }) => /PASSWORD|SECRET|DATABASE_URL|MIGRATION_URL/.test(variable))
    expect(secret.filter(({ value }) => !value.startsWith('/run/secrets/'))).toEqual([])
    const read: readonly string[] = secretNames.map((name) => `${name}_FILE`)
    const own = variables.filter(({ variable, own: isOwn }) => isOwn && variable.endsWith('_FILE'))
    expect(own.map(({ variable }) => variable).filter((name) => !read.includes(name))).toEqual([])
    expect(own.length).toBeGreaterThan(2)
  })

  test('MetaAgent’s own containers, the queue and the Alertmanager have a read-only root', () => {
    const writable = services.filter(([, service]) => service.read_only !== true).map(([name]) => name)
    expect(writable).toEqual(['postgres'])
    expect(services.filter(([, service]) => service.privileged === true)).toEqual([])
  })

  test('what makes the secrets makes each that is mounted', () => {
    const script = readFileSync(join(root, 'deploy/make-secrets.sh'), 'utf8')
    for (const { file } of Object.values(compose.secrets)) expect(script).toContain(`> ${file.slice('./'.length)}`)
  })
})
