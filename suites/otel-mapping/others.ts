import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readOtlpTraces } from '../../packages/server/src/slices/observe/telemetry/actions/otlp-intake.ts'
import { fieldsOf, mapInput, now } from './inputs.ts'

/** Reads whatever `openinference` and `otlp-proto` hold: nothing may fail, and every span must become a row. */
export function checkOtherInputs(dataDir: string): { readonly passed: number; readonly failed: number } {
  const files = ['openinference', 'otlp-proto'].flatMap((folder) => jsonFilesIn(join(dataDir, folder)))
  let passed = 0
  let failed = 0
  for (const file of files) {
    try {
      passed += checkFile(file)
    } catch (error) {
      failed += 1
      console.log(`CRASH ${file.slice(dataDir.length + 1)}: ${error instanceof Error ? error.stack : String(error)}`)
    }
  }
  console.log(`other recorded inputs: ${files.length} files, ${passed} spans and requests read, ${failed} failed`)
  return { passed, failed }
}

function jsonFilesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && !name.includes('schemas'))
    .map((name) => join(folder, name))
    .sort()
}

function checkFile(file: string): number {
  const text = readFileSync(file)
  const content: unknown = JSON.parse(text.toString('utf8'))
  // A body that was meant for another address is read as one without spans.
  const read = readOtlpTraces('json', text, now)
  if (Object.keys(fieldsOf(content)).some((key) => key.startsWith('resource'))) {
    if (!read.ok) throw new Error(read.refusal.detail)
    return 1
  }
  const records = attributeRecordsIn(content)
  const spans = records.map((attributes, index) => ({
    traceId: 'a'.repeat(32),
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: 'recorded',
    startTimeUnixNano: '1752384000000000000',
    endTimeUnixNano: '1752384001000000000',
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) })),
  }))
  const mapped = mapInput({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
  const lost = mapped.find((one) => one.mapped === null)
  if (lost !== undefined) throw new Error(`a span was refused: ${lost.fault}`)
  return mapped.length
}

/** Every record of span attributes in a fixture: whatever has a key of a known vocabulary. */
function attributeRecordsIn(value: unknown): readonly Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(attributeRecordsIn)
  if (typeof value !== 'object' || value === null) return []
  if (Object.keys(value).some((key) => /^(gen_ai|ai|llm|openinference|input|output)\./.test(key)))
    return [value as Record<string, unknown>]
  return Object.values(value).flatMap(attributeRecordsIn)
}

function anyValue(value: unknown): unknown {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  if (typeof value !== 'object' || value === null) return {}
  return { kvlistValue: { values: Object.entries(value).map(([key, item]) => ({ key, value: anyValue(item) })) } }
}
