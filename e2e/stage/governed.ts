import { expect } from 'vitest'
import type { Stage } from './stage.ts'

/** What agents made, and who offers to work: ids of what the pages are about. */
export interface Governed {
  readonly projectId: string
  readonly artifactId: string
  readonly conflictId: string
  readonly specialistId: string
  readonly packId: string
}

/** A project in which two agents write the same file, a specialist that is proposed, and a pack of evidence. */
export async function makeGoverned(stage: Stage): Promise<Governed> {
  const post = async <Body>(path: string, body: unknown): Promise<Body> => {
    const reply = await stage.api<Body>('POST', `/api/v1${path}`, body)
    expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
    return reply.body
  }
  const { projectId } = await post<{ projectId: string }>('/projects', { name: 'Shop' })
  const cart = (agent: string, content: string) =>
    post<{ artifact: { artifactId: string }; conflicts: readonly { conflictId: string }[] }>('/artifacts', {
      projectId,
      name: `Cart by ${agent}`,
      type: 'code',
      agent,
      path: 'src/cart.ts',
      content,
      activate: true,
    })
  await cart('writer', 'export const cart = []\n')
  const second = await cart('optimiser', 'export const cart = new Map()\n')
  const { specialistId } = await post<{ specialistId: string }>('/specialists', {
    name: 'contract-reviewer',
    owner: 'legal',
    version: '1.0.0',
    reason: 'First of its kind.',
    definition: {
      title: 'Contract reviewer',
      description: 'Reads contracts and says what is unusual in them.',
      skills: [{ id: 'review', name: 'Review', description: 'Reviews a contract.', tags: ['legal'] }],
      endpoints: [{ url: 'https://agents.example.com/a2a', binding: 'JSONRPC', protocolVersion: '1.0' }],
      sensitivityCeiling: 'SENSITIVE',
    },
  })
  const day = 86_400_000
  const { packId } = await post<{ packId: string }>('/compliance/packs', {
    framework: 'soc2',
    from: new Date(Date.now() - 30 * day).toISOString(),
    to: new Date(Date.now() + day).toISOString(),
  })
  return {
    projectId,
    artifactId: second.artifact.artifactId,
    conflictId: String(second.conflicts[0]?.conflictId),
    specialistId,
    packId,
  }
}
