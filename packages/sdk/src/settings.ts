/** How a logger reaches MetaAgent and how much it may hold. Every field has a default or an environment variable. */
export interface AgentLoggerOptions {
  /** Address of the server. `METAAGENT_URL`, default `http://localhost:8001`. */
  readonly url?: string
  /** An API key with the scope `telemetry:write`. `METAAGENT_API_KEY`. Without one nothing is sent and all is counted as dropped. */
  readonly apiKey?: string
  /** Name of the agent. `METAAGENT_AGENT`, default `agent`. */
  readonly agent?: string
  /** `METAAGENT_ENVIRONMENT`, default `production`. */
  readonly environment?: string
  /** Version of what runs: prompt, model, parameters, tools. `METAAGENT_RELEASE`. */
  readonly release?: string
  /** `METAAGENT_DISABLED=true` makes every call do nothing. */
  readonly disabled?: boolean
  /** Rows in one request at most. Default 200. */
  readonly batchRows?: number
  /** Longest wait of a row before it is sent. Default 1,000. */
  readonly flushIntervalMs?: number
  /** Rows held at most; further ones are dropped and counted. Default 10,000. */
  readonly queueRows?: number
  /** Bytes held at most. Default 16 MiB. */
  readonly queueBytes?: number
  /** One field of input or output is cut beyond this. Default 262,144 characters. */
  readonly fieldCharacters?: number
  /** One request is given up after this. Default 10,000. */
  readonly requestTimeoutMs?: number
  /** Called when rows are lost, at most once a minute, with the counters; must not throw. Default: nothing. */
  readonly onLoss?: (stats: LoggerStats) => void
  /** For tests and unusual runtimes. Default the global `fetch`. */
  readonly fetch?: typeof fetch
}

/** What became of the rows so far. `queued + sent + rejected + dropped` is everything that was reported. */
export interface LoggerStats {
  readonly queued: number
  readonly sent: number
  /** Refused by the server for good: a schema fault, a bad key. */
  readonly rejected: number
  /** Never sent: the queue was full, or the logger was closed while the server was away. */
  readonly dropped: number
  /** The last complaint of server or network; null when the last request succeeded. */
  readonly lastError: string | null
}

export interface Settings extends Required<Omit<AgentLoggerOptions, 'release' | 'onLoss' | 'fetch'>> {
  readonly release: string | null
  readonly onLoss: (stats: LoggerStats) => void
  readonly fetch: typeof fetch
}

/** Options first, then the environment, then defaults. Works where there is no `process` (edge runtimes, browsers). */
export function resolveSettings(options: AgentLoggerOptions): Settings {
  const environment: Readonly<Record<string, string | undefined>> = globalThis.process?.env ?? {}
  const text = (given: string | undefined, name: string, fallback: string) => given ?? (environment[name] || fallback)
  return {
    url: text(options.url, 'METAAGENT_URL', 'http://localhost:8001').replace(/\/+$/, ''),
    apiKey: text(options.apiKey, 'METAAGENT_API_KEY', ''),
    agent: text(options.agent, 'METAAGENT_AGENT', 'agent'),
    environment: text(options.environment, 'METAAGENT_ENVIRONMENT', 'production'),
    release: text(options.release, 'METAAGENT_RELEASE', '') || null,
    disabled: options.disabled ?? /^(1|true|yes)$/i.test(environment['METAAGENT_DISABLED'] ?? ''),
    batchRows: options.batchRows ?? 200,
    flushIntervalMs: options.flushIntervalMs ?? 1_000,
    queueRows: options.queueRows ?? 10_000,
    queueBytes: options.queueBytes ?? 16 * 1_048_576,
    fieldCharacters: options.fieldCharacters ?? 262_144,
    requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
    onLoss: options.onLoss ?? (() => {}),
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
  }
}
