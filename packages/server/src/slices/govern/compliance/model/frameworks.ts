import { ComplianceFramework } from '@metaagent/contract'

/** The files that are shipped, in the order in which people see them. */
export const frameworkFiles = [
  'soc2',
  'hipaa',
  'gdpr',
  'eu-ai-act',
  'iso-42001',
  'nist-ai-rmf',
  'owasp-agentic',
] as const

/** A framework from the text of its file. Throws where the file does not fit the schema, or names a type of nobody's. */
export function readFramework(text: string, ledgerTypes: ReadonlySet<string>): ComplianceFramework {
  const framework = ComplianceFramework.parse(JSON.parse(text))
  const unknown = framework.controls
    .flatMap(({ evidence }) => evidence.flatMap(({ types }) => types))
    .filter((type) => !ledgerTypes.has(type))
  if (unknown.length > 0) throw new Error(`${framework.id} names types that enter no ledger: ${unknown.join(', ')}`)
  return framework
}

/** Controls of which no kind of evidence is their own: every type that they look for is also looked for by another. */
export function withoutOwnEvidence({ controls }: ComplianceFramework): readonly string[] {
  return controls
    .filter(({ id, evidence }) => {
      const others = new Set(
        controls.flatMap((other) => (other.id === id ? [] : other.evidence.flatMap(({ types }) => types))),
      )
      return evidence.length > 0 && !evidence.some(({ types }) => types.every((type) => !others.has(type)))
    })
    .map(({ id }) => id)
}
