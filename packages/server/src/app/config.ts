import { z } from 'zod'
import { withSecretFiles } from './secret-files.ts'

const flag = z.stringbool()
const port = z.coerce.number().int().min(0).max(65_535)

const SharedSecret = z.string().regex(/^[\x21-\x7e]{1,500}$/, 'must be 1 to 500 visible characters without spaces')
const takenHeaders = ['cookie', 'host', 'content-type', 'content-length', 'origin', 'x-metaqore-privileged']

/** Every environment name that MetaAgent reads, with its default. No other file reads the environment. */
const Environment = z.object({
  METAAGENT_HOST: z.string().default('127.0.0.1').describe('Address to bind; 0.0.0.0 serves the network.'),
  METAAGENT_PORT: port.default(8001).describe('Port of the dashboard and the API.'),
  METAAGENT_PUBLIC_URL: z.url().optional().describe('Where people reach it, when a proxy stands in front.'),
  METAAGENT_DATA_DIR: z.string().default('./.metaagent').describe('Folder of the embedded database and the key file.'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('PostgreSQL as metaagent_app; unset = embedded.'),
  METAAGENT_MIGRATION_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('PostgreSQL as metaagent_owner, for `metaagent migrate`.'),
  METAAGENT_SECRET_KEY: z
    .base64()
    .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64')
    .optional()
    .describe('Master key, 32 bytes in base64. Embedded: made in the data folder. On PostgreSQL: required.'),
  METAAGENT_LEDGER_ORIGIN: z
    .string()
    .regex(/^[^\s+]+$/, 'must not hold spaces or plus signs')
    .default('metaagent.local')
    .describe('Name of this deployment in its checkpoints.'),
  METAAGENT_ANCHOR_DIR: z
    .string()
    .optional()
    .describe('Folder in which anchors of the kind file keep checkpoints; unset = there are none.'),
  METAAGENT_GOVERNANCE_RULES: z
    .string()
    .optional()
    .describe('JSON file with the rules of governance; unset: config/governance_rules.json of this package.'),
  METAAGENT_ARBITRATION_LOG: z
    .string()
    .refine((path) => !path.split(/[\\/]/).includes('..') && !path.includes('\0'), 'must not lead upwards with ..')
    .default('logs/arbitrations.jsonl')
    .describe('File of all arbitrations, one JSON line each; relative paths lie in the data folder.'),
  METAAGENT_ARBITRATION_LOG_BYTES: z.coerce
    .number()
    .int()
    .min(4_096)
    .default(64 * 1024 * 1024)
    .describe('Size at which that file is rotated.'),
  METAAGENT_ARBITRATION_LOG_KEEP: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(5)
    .describe('How many rotated files of it are kept.'),
  METAAGENT_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least weight of a log line that is written.'),
  METAAGENT_DURABILITY: z
    .enum(['synced', 'relaxed'])
    .default('synced')
    .describe('Embedded: whether an acknowledgement waits for the disk.'),
  METAAGENT_POOL_SIZE: z.coerce
    .number()
    .int()
    .min(2)
    .max(200)
    .default(10)
    .describe('PostgreSQL connections per process.'),
  METAAGENT_RATE_LIMIT: flag.optional().describe('Whether requests are limited; unset = they are.'),
  METAAGENT_RATE_LIMIT_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('API requests per credential; unset = 600.'),
  METAAGENT_INGEST_LIMIT_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .default(60_000)
    .describe('Ingest batches per credential.'),
  METAAGENT_RATE_LIMIT_BURST: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('API requests more per ten minutes, once those per minute are spent; unset = as many as per minute.'),
  METAAGENT_PRIVILEGED_TOKEN: SharedSecret.optional().describe(
    'Secret of privileged clients, sent as X-MetaQore-Privileged beside their credential; unset = nobody is privileged.',
  ),
  METAAGENT_REQUESTS_IN_FLIGHT: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(16)
    .describe('API requests that are answered at once; more wait. Streams and telemetry are not among them.'),
  METAAGENT_REQUESTS_PRIVILEGED: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(4)
    .describe('How many more of privileged clients are answered at once.'),
  METAAGENT_REQUESTS_WAITING: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(4_096)
    .describe('How many API requests may wait; more are refused with 503 and Retry-After.'),
  METAQORE_API_KEY: z
    .string()
    .regex(
      /^(?!mak_)(?![\w-]+\.[\w-]+\.[\w-]+$)[\x21-\x7e]{16,256}$/,
      'must be 16 to 256 visible characters, and neither begin with mak_ nor be a JWT',
    )
    .optional()
    .describe(
      'An admin key of the first organization, as you choose it; another value or none revokes it at the start.',
    ),
  METAQORE_API_KEY_HEADER: z
    .string()
    .toLowerCase()
    .regex(/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/, 'must be the name of a header')
    .refine((name) => !takenHeaders.includes(name), `must be none of ${takenHeaders.join(', ')}`)
    .optional()
    .describe('Header that may carry an API key beside Authorization and X-API-Key.'),
  METAQORE_ENABLE_RATE_LIMIT: flag.optional().describe('As METAAGENT_RATE_LIMIT, which counts when both are set.'),
  METAQORE_RATE_LIMIT_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe(
      'As METAAGENT_RATE_LIMIT_PER_MINUTE, which counts when both are set; 120 where only ENABLE_RATE_LIMIT is.',
    ),
  METAQORE_RATE_LIMIT_BURST: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('As METAAGENT_RATE_LIMIT_BURST, which counts when both are set; 240 where only ENABLE_RATE_LIMIT is.'),
  METAQORE_PRIVILEGED_TOKEN: SharedSecret.optional().describe(
    'As METAAGENT_PRIVILEGED_TOKEN, which counts when both are set.',
  ),
  METAAGENT_TRUSTED_PROXIES: z
    .string()
    .regex(/^[0-9a-fA-F.:/, ]+$/, 'must be addresses or CIDR ranges, separated by commas')
    .optional()
    .describe('Proxies whose X-Forwarded-For is believed, as addresses or CIDR ranges.'),
  METAAGENT_ALLOWED_PRIVATE_NETWORKS: z
    .string()
    .regex(/^[0-9a-fA-F.:/, ]+$/, 'must be addresses or CIDR ranges, separated by commas')
    .optional()
    .describe('Private networks that alerts and probes may be sent to, as addresses or CIDR ranges; unset = none.'),
  METAAGENT_EMBEDDINGS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Endpoint with OpenAI’s /embeddings, for similar runs; unset with a key: https://api.openai.com/v1.'),
  METAAGENT_EMBEDDINGS_KEY: z
    .string()
    .optional()
    .describe('Key for that endpoint. Neither set: runs are compared by their words, and no text leaves.'),
  METAAGENT_EMBEDDINGS_MODEL: z.string().default('text-embedding-3-small').describe('Model that embeds texts of runs.'),
  METAAGENT_EMBEDDINGS_DIMENSIONS: z.coerce
    .number()
    .int()
    .min(16)
    .max(4_096)
    .optional()
    .describe('Shorter vectors, where the model can; unset = its own length.'),
  METAAGENT_DASHBOARD_DIR: z.string().optional().describe('Another build of the dashboard.'),
  METAAGENT_API_KEY: z.string().optional().describe('For commands that talk to a server: the key they present.'),
  METAAGENT_URL: z.url().optional().describe('For commands that talk to a server: its address.'),
})

export interface Config {
  readonly host: string
  readonly port: number
  readonly publicUrl: string | null
  readonly dataDir: string
  readonly databaseUrl: string | null
  readonly migrationUrl: string | null
  readonly secretKey: Uint8Array | null
  readonly ledgerOrigin: string
  /** Null: anchors of the kind `file` are refused. */
  readonly anchorDir: string | null
  readonly governanceRulesFile: string | null
  /** `path` as configured: a relative one lies in the data folder. */
  readonly arbitrationLog: { readonly path: string; readonly rotateBytes: number; readonly keep: number }
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly durability: 'synced' | 'relaxed'
  readonly poolSize: number
  readonly rateLimit: {
    readonly enabled: boolean
    readonly apiPerMinute: number
    /** Unset: as many as per minute. */
    readonly apiBurst?: number
    readonly ingestPerMinute: number
  }
  /** Null: nobody is privileged. */
  readonly privilegedToken: string | null
  readonly requests: { readonly ordinary: number; readonly privileged: number; readonly waiting: number }
  /** An admin key that the operator chose; null: none. */
  readonly environmentKey: string | null
  /** Lower case; null: no other than Authorization and X-API-Key. */
  readonly apiKeyHeader: string | null
  /** Addresses or CIDR ranges of reverse proxies; empty believes nobody. */
  readonly trustedProxies: readonly string[]
  /** Addresses or CIDR ranges off the public internet that messages may go to. */
  readonly allowedPrivateNetworks: readonly string[]
  /** Null: runs are compared by their words alone. */
  readonly embeddings: {
    readonly url: string
    readonly apiKey: string | null
    readonly model: string
    readonly dimensions: number | null
  } | null
  readonly dashboardDir: string | null
  readonly client: { readonly url: string | null; readonly apiKey: string | null }
}

/** Thrown with every fault of the environment at once, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads the environment once, secrets from files where it says so (`NAME_FILE`); throws a `ConfigError` that lists all faults
 * together. Empty values count as unset.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const secrets = withSecretFiles(environment)
  const present = Object.fromEntries(
    Object.entries(secrets.environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = Environment.safeParse(present)
  const issues = parsed.success ? [] : parsed.error.issues
  const faults = [...issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`), ...secrets.faults]
  if (!parsed.success || faults.length > 0)
    throw new ConfigError(['The environment does not fit:', ...faults.map((fault) => `  ${fault}`)].join('\n'))
  const env = parsed.data
  return {
    host: env.METAAGENT_HOST,
    port: env.METAAGENT_PORT,
    publicUrl: env.METAAGENT_PUBLIC_URL?.replace(/\/$/, '') ?? null,
    dataDir: env.METAAGENT_DATA_DIR,
    databaseUrl: env.DATABASE_URL ?? null,
    migrationUrl: env.METAAGENT_MIGRATION_URL ?? null,
    secretKey:
      env.METAAGENT_SECRET_KEY === undefined ? null : new Uint8Array(Buffer.from(env.METAAGENT_SECRET_KEY, 'base64')),
    ledgerOrigin: env.METAAGENT_LEDGER_ORIGIN,
    anchorDir: env.METAAGENT_ANCHOR_DIR ?? null,
    governanceRulesFile: env.METAAGENT_GOVERNANCE_RULES ?? null,
    arbitrationLog: {
      path: env.METAAGENT_ARBITRATION_LOG,
      rotateBytes: env.METAAGENT_ARBITRATION_LOG_BYTES,
      keep: env.METAAGENT_ARBITRATION_LOG_KEEP,
    },
    logLevel: env.METAAGENT_LOG_LEVEL,
    durability: env.METAAGENT_DURABILITY,
    poolSize: env.METAAGENT_POOL_SIZE,
    rateLimit: { ...apiLimit(env), ingestPerMinute: env.METAAGENT_INGEST_LIMIT_PER_MINUTE },
    privilegedToken: env.METAAGENT_PRIVILEGED_TOKEN ?? env.METAQORE_PRIVILEGED_TOKEN ?? null,
    requests: {
      ordinary: env.METAAGENT_REQUESTS_IN_FLIGHT,
      privileged: env.METAAGENT_REQUESTS_PRIVILEGED,
      waiting: env.METAAGENT_REQUESTS_WAITING,
    },
    environmentKey: env.METAQORE_API_KEY ?? null,
    apiKeyHeader: env.METAQORE_API_KEY_HEADER ?? null,
    trustedProxies: listOf(env.METAAGENT_TRUSTED_PROXIES),
    allowedPrivateNetworks: listOf(env.METAAGENT_ALLOWED_PRIVATE_NETWORKS),
    embeddings:
      env.METAAGENT_EMBEDDINGS_URL === undefined && env.METAAGENT_EMBEDDINGS_KEY === undefined
        ? null
        : {
            url: env.METAAGENT_EMBEDDINGS_URL ?? 'https://api.openai.com/v1',
            apiKey: env.METAAGENT_EMBEDDINGS_KEY ?? null,
            model: env.METAAGENT_EMBEDDINGS_MODEL,
            dimensions: env.METAAGENT_EMBEDDINGS_DIMENSIONS ?? null,
          },
    dashboardDir: env.METAAGENT_DASHBOARD_DIR ?? null,
    client: { url: env.METAAGENT_URL ?? null, apiKey: env.METAAGENT_API_KEY ?? null },
  }
}

/** Ours before those of MetaQore; where its switch alone is set, its defaults come with it. */
function apiLimit(env: z.output<typeof Environment>): Omit<Config['rateLimit'], 'ingestPerMinute'> {
  const isMetaQore = env.METAQORE_ENABLE_RATE_LIMIT !== undefined
  const apiPerMinute =
    env.METAAGENT_RATE_LIMIT_PER_MINUTE ?? env.METAQORE_RATE_LIMIT_PER_MINUTE ?? (isMetaQore ? 120 : 600)
  const apiBurst = env.METAAGENT_RATE_LIMIT_BURST ?? env.METAQORE_RATE_LIMIT_BURST ?? (isMetaQore ? 240 : apiPerMinute)
  return { enabled: env.METAAGENT_RATE_LIMIT ?? env.METAQORE_ENABLE_RATE_LIMIT ?? true, apiPerMinute, apiBurst }
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(/[, ]+/).filter((part) => part !== '')
}

/** What the options of a command say instead of the environment. */
export interface ServeOptions {
  readonly port?: number | undefined
  readonly host?: string | undefined
  readonly dataDir?: string | undefined
}

/** The configuration with a command's options over it. */
export function withOptions(config: Config, { port, host, dataDir }: ServeOptions): Config {
  return { ...config, port: port ?? config.port, host: host ?? config.host, dataDir: dataDir ?? config.dataDir }
}

export interface Setting {
  readonly name: string
  readonly description: string
  readonly defaultValue: string | null
  /** What the environment says; null when it says nothing. Secrets are covered. */
  readonly value: string | null
}

/** Every name that MetaAgent reads, with what it is for, its default and what is set now. */
export function describeEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): readonly Setting[] {
  return Object.entries(Environment.shape).map(([name, schema]) => {
    const fallback = schema.safeParse(undefined)
    const value = environment[name] ?? ''
    return {
      name,
      description: schema.description ?? '',
      defaultValue: fallback.success && fallback.data !== undefined ? String(fallback.data) : null,
      value: value === '' ? null : covered(name, value),
    }
  })
}

const readBySdk = ['METAAGENT_AGENT', 'METAAGENT_ENVIRONMENT', 'METAAGENT_RELEASE', 'METAAGENT_DISABLED']

/** Names that begin like ours and that nobody reads: most likely misspelled. */
export function unreadNames(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): readonly string[] {
  const read = new Set([...Object.keys(Environment.shape), ...readBySdk])
  return Object.keys(environment).filter((name) => /^META(AGENT|QORE)_/.test(name) && !read.has(name))
}

function covered(name: string, value: string): string {
  if (/_(KEY|TOKEN)$/.test(name)) return '(set)'
  if (!URL.canParse(value)) return value
  const url = new URL(value)
  if (url.password === '') return value
  url.password = '***'
  return url.href
}
