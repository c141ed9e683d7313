import { AgentCard, AiCatalogEntry, McpServerJson, SpecialistDefinition } from '@metaagent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../../../../kernel/canonical-json.ts'
import { toAgentCard, toDeploymentCard } from './agent-card.ts'
import { toCatalogEntries, toServerJson } from './catalog.ts'
import { governanceExtension, type PublishedVersion, type Publisher } from './published.ts'
import { signedForms } from './signed-form.ts'

const definition = SpecialistDefinition.parse({
  title: 'Contract reviewer',
  description: 'Reads contracts and says what is unusual in them. '.repeat(4),
  skills: [{ id: 'review', name: 'Review', description: 'Reviews a contract.', tags: ['legal', 'Review'] }],
  endpoints: [
    { url: 'https://agents.example.com/a2a', binding: 'JSONRPC', protocolVersion: '1.0' },
    { url: 'https://agents.example.com/mcp', binding: 'MCP-STREAMABLE-HTTP', protocolVersion: '2025-11-25' },
  ],
  sensitivityCeiling: 'SENSITIVE',
})
const version: PublishedVersion = {
  specialistId: '01900000-0000-7000-8000-000000000001',
  name: 'contract-reviewer',
  owner: 'legal',
  version: '1.2.0',
  state: 'active',
  definition,
  trainingRun: 'run-7',
  evaluationScore: null,
  evaluationSuite: 'contracts-50',
  approvalId: null,
  changedAt: '2026-01-01T00:00:00.000Z',
}
const publisher: Publisher = {
  organization: 'Example',
  domain: 'example.com',
  publicUrl: 'https://meta.example.com',
  host: 'meta.example.com',
}

test('SP4: a card is a card of A2A 1.0, with what governs the agent in one extension and no url of 0.3', () => {
  const card = toAgentCard(version, publisher)
  expect(AgentCard.parse(card)).toEqual(card)
  expect(card).not.toHaveProperty('url')
  expect(card?.supportedInterfaces).toEqual([
    { url: 'https://agents.example.com/a2a', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
  ])
  expect(card?.capabilities.extensions).toMatchObject([
    {
      uri: governanceExtension,
      params: { sensitivityCeiling: 'SENSITIVE', lifecycle: 'active', trainingRun: 'run-7' },
    },
  ])
})

test('SP4: what is served leaves defaults out already, so all forms that may be signed are one', () => {
  const card = toAgentCard(version, publisher)
  if (card === null) throw new Error('there is a card')
  expect(new Set(signedForms(card).map(canonicalJson)).size).toBe(1)
  const own = toDeploymentCard({ publicUrl: publisher.publicUrl, version: '1.0.0', organization: null }, [version])
  expect(AgentCard.parse(own)).toEqual(own)
  expect(new Set(signedForms(own).map(canonicalJson)).size).toBe(1)
  expect(own.skills.map(({ id }) => id)).toEqual(['discover-specialists', 'contract-reviewer/review'])
})

test('SP4: members of default value are left out of the second form unless they are required, and free JSON is not touched', () => {
  const card = {
    name: 'x',
    description: 'x',
    version: '1',
    iconUrl: '',
    supportedInterfaces: [{ url: 'https://x.example', protocolBinding: 'GRPC', protocolVersion: '1.0', tenant: '' }],
    capabilities: { streaming: false, extensions: [{ uri: 'u', required: false, params: { empty: '', none: [] } }] },
    defaultInputModes: [],
    defaultOutputModes: [],
    skills: [],
    securityRequirements: [],
    signatures: [{ protected: 'x', signature: 'y' }],
  } satisfies AgentCard
  expect(signedForms(card)[1]).toEqual({
    name: 'x',
    description: 'x',
    version: '1',
    iconUrl: '',
    supportedInterfaces: [{ url: 'https://x.example', protocolBinding: 'GRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: false, extensions: [{ uri: 'u', params: { empty: '', none: [] } }] },
    defaultInputModes: [],
    defaultOutputModes: [],
    skills: [],
  })
  expect(signedForms(card)[2]).toEqual({
    name: 'x',
    description: 'x',
    version: '1',
    supportedInterfaces: [{ url: 'https://x.example', protocolBinding: 'GRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: false, extensions: [{ uri: 'u', required: false }] },
  })
})

test('SP4: server.json and catalog entries hold to their schemas, whatever the texts', () => {
  // Characters of one and of several UTF-16 units, with gaps: what cutting a text could tear.
  const letters = fc.constantFrom(...'aZ9é ß漢🙂👩‍💻"\\\n\t')
  const anyText = fc
    .array(letters, { minLength: 1, maxLength: 250 })
    .map((parts) => parts.join(''))
    .filter((text) => text.trim() !== '')
  fc.assert(
    fc.property(anyText, fc.constantFrom(null, 'example.com'), (text, domain) => {
      const own = { ...version, definition: { ...definition, description: text.trim() } }
      const server = toServerJson(own, { ...publisher, domain })
      expect(McpServerJson.safeParse(server)).toMatchObject({ success: true })
      for (const entry of toCatalogEntries(own, { ...publisher, domain }))
        expect(AiCatalogEntry.safeParse(entry)).toMatchObject({ success: true })
    }),
    { numRuns: 30 },
  )
})

test('SP4: names are of the publisher’s own domain, or of the address', () => {
  const named = { server: toServerJson(version, publisher)?.name, entries: toCatalogEntries(version, publisher) }
  expect(named.server).toBe('com.example/contract-reviewer')
  expect(named.entries.map(({ identifier, type }) => [identifier, type])).toEqual([
    ['urn:air:example.com:agent:contract-reviewer', 'application/a2a-agent-card+json'],
    ['urn:air:example.com:mcp:contract-reviewer', 'application/mcp-server-card+json'],
  ])
  const unnamed = { ...publisher, domain: null, publicUrl: 'http://[::1]:8001', host: '[::1]' }
  expect(toServerJson(version, unnamed)?.name).toBe('1/contract-reviewer')
  const [entry] = toCatalogEntries(version, unnamed)
  expect(entry?.identifier).toBe(entry?.url)
})

test('SP4: without an endpoint of its protocol a version has no such document', () => {
  const only = (binding: string) => ({
    ...version,
    definition: { ...definition, endpoints: definition.endpoints.filter((one) => one.binding === binding) },
  })
  expect(toAgentCard(only('MCP-STREAMABLE-HTTP'), publisher)).toBeNull()
  expect(toServerJson(only('JSONRPC'), publisher)).toBeNull()
  expect(toCatalogEntries(only('JSONRPC'), publisher)).toHaveLength(1)
})
