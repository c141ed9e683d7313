import type { AgentCard, SpecialistEndpoint, SpecialistSkill } from '@metaagent/contract'
import { governanceExtension, governanceFacts, type PublishedVersion, type Publisher } from './published.ts'

const a2aBindings: readonly string[] = ['JSONRPC', 'GRPC', 'HTTP+JSON']

/** Endpoints that speak A2A, which a card needs one of. */
export function a2aEndpoints(endpoints: readonly SpecialistEndpoint[]): readonly SpecialistEndpoint[] {
  return endpoints.filter(({ binding }) => a2aBindings.includes(binding))
}

/**
 * The AgentCard of A2A 1.0.1 for one version, unsigned; null when no endpoint speaks A2A. Members that are empty or have
 * the default of their type are left out unless they are required (A2A 8.4.1), so that what is served is what is signed.
 */
export function toAgentCard(version: PublishedVersion, publisher: Publisher): AgentCard | null {
  const { definition } = version
  const interfaces = a2aEndpoints(definition.endpoints)
  if (interfaces.length === 0) return null
  return {
    name: definition.title,
    description: definition.description,
    supportedInterfaces: interfaces.map(({ url, binding, protocolVersion, tenant }) => ({
      url,
      protocolBinding: binding,
      protocolVersion,
      ...(tenant === null ? {} : { tenant }),
    })),
    provider: { organization: publisher.organization, url: publisher.publicUrl },
    version: version.version,
    ...(definition.documentationUrl === null ? {} : { documentationUrl: definition.documentationUrl }),
    capabilities: {
      // These two are optional members, whose false is said and not left out.
      streaming: definition.streaming,
      pushNotifications: definition.pushNotifications,
      extensions: [
        {
          uri: governanceExtension,
          description: 'How this agent is governed: what data it may be given, how it was evaluated, what it costs.',
          params: governanceFacts(version),
        },
      ],
    },
    defaultInputModes: [...definition.inputModes],
    defaultOutputModes: [...definition.outputModes],
    skills: definition.skills.map(toSkill),
  }
}

function toSkill({ id, name, description, tags, examples, inputModes, outputModes }: SpecialistSkill) {
  return {
    id,
    name,
    description,
    tags: [...tags],
    ...(examples.length === 0 ? {} : { examples: [...examples] }),
    ...(inputModes.length === 0 ? {} : { inputModes: [...inputModes] }),
    ...(outputModes.length === 0 ? {} : { outputModes: [...outputModes] }),
  }
}

/** A binding of its own, as A2A 1.0 lets anybody name one by a URI: MetaAgent's HTTP API is no A2A. */
const ownBinding = 'urn:metaagent:binding:rest:v1'

/**
 * The card of the deployment itself. `listed` are the active specialists of its first organization where that shows them
 * to the world; their skills follow its own.
 */
export function toDeploymentCard(
  deployment: { readonly publicUrl: string; readonly version: string; readonly organization: string | null },
  listed: readonly PublishedVersion[],
): AgentCard {
  const { publicUrl, version, organization } = deployment
  const discover = {
    id: 'discover-specialists',
    name: 'Discover specialists',
    description: 'Finds specialists by skill, tag, words and likeness to a task, with what data each may be given.',
    tags: ['discovery', 'governance'],
  }
  return {
    name: 'MetaAgent',
    description: 'The control plane of an organization’s agents. Its specialists are found here.',
    supportedInterfaces: [{ url: `${publicUrl}/api/v1`, protocolBinding: ownBinding, protocolVersion: '1.0' }],
    ...(organization === null ? {} : { provider: { organization, url: publicUrl } }),
    version,
    documentationUrl: `${publicUrl}/docs`,
    capabilities: { streaming: false, pushNotifications: false },
    securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: 'Bearer' } } },
    securityRequirements: [{ schemes: { bearer: { list: ['specialists:read'] } } }],
    defaultInputModes: ['application/json'],
    defaultOutputModes: ['application/json'],
    skills: [
      discover,
      ...listed.flatMap((one) =>
        one.definition.skills.map((skill) => ({ ...toSkill(skill), id: `${one.name}/${skill.id}` })),
      ),
    ],
  }
}
