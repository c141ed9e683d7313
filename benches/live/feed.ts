import { Sightings } from './sightings.ts'

interface Health {
  readonly agent: string
  readonly figures: { readonly executions: number }
}

/** The live stream that the fleet page opens, as a program reads it: when it first told of each number of runs. */
export async function followFeed(
  target: { readonly url: string; readonly key: string },
  agent: string,
): Promise<{ readonly sightings: Sightings; close(): void }> {
  const abort = new AbortController()
  const response = await fetch(`${target.url}/api/v1/fleet/stream?window=24h`, {
    headers: { authorization: `Bearer ${target.key}` },
    signal: abort.signal,
  })
  if (response.status !== 200 || response.body === null) throw new Error(`the stream was refused: ${response.status}`)
  const sightings = new Sightings()
  // It ends when it is closed here.
  void follow(response.body, agent, sightings).catch(() => undefined)
  return { sightings, close: () => abort.abort() }
}

async function follow(body: ReadableStream<Uint8Array>, agent: string, sightings: Sightings): Promise<void> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    const frames = text.split('\n\n')
    text = frames.pop() ?? ''
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1]
      if (data === undefined) continue
      const told = JSON.parse(data) as Health | { agents: readonly Health[] }
      const all = 'agents' in told ? told.agents : [told]
      for (const health of all) if (health.agent === agent) sightings.note(health.figures.executions, Date.now())
    }
  }
}
