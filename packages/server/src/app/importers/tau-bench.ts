import { z } from 'zod'

const Call = z.looseObject({
  id: z.string().nullish(),
  function: z.looseObject({ name: z.string(), arguments: z.unknown() }),
})
const Turn = z.looseObject({
  role: z.enum(['assistant', 'user', 'tool', 'system']),
  content: z.unknown(),
  tool_calls: z.array(Call).nullish(),
  tool_call_id: z.string().nullish(),
})
type Turn = z.infer<typeof Turn>

const Trial = z.looseObject({
  task_id: z.union([z.string(), z.number()]),
  trial: z.number().nullish(),
  reward: z.number().nullish(),
  traj: z.array(Turn),
})
type Trial = z.infer<typeof Trial>

/** Results of τ-bench, the first: a bare list of trials, each with its trajectory in OpenAI's words. */
const TauBench = z.array(Trial).min(1)

/**
 * The files carry no times, and a run needs one: runs begin a second apart in the order of the file, in the year of the
 * benchmark. Their ends stay unknown.
 */
const firstStart = Date.UTC(2024, 5, 1)

/** A τ-bench file in the words of τ²-bench, which the importer maps; null when it is no such file. */
export function readTauBench(content: unknown): unknown {
  const parsed = TauBench.safeParse(content)
  if (!parsed.success) return null
  return {
    domain: domainOf(parsed.data),
    simulations: parsed.data.map((trial, index) => ({
      id: `${trial.task_id}#${trial.trial ?? 0}`,
      task_id: trial.task_id,
      trial: trial.trial ?? 0,
      start_time: new Date(firstStart + 1000 * index).toISOString(),
      reward_info: { reward: trial.reward ?? null },
      messages: trial.traj.map(messageOf),
    })),
  }
}

/** The policy that each run begins with says whose agent it is: "# Retail agent policy". */
function domainOf(trials: readonly Trial[]): string | null {
  const policy = trials[0]?.traj.find(({ role }) => role === 'system')?.content
  return /^#\s*(\w+)\s+agent\s+policy/i.exec(String(policy))?.[1]?.toLowerCase() ?? null
}

function messageOf({ role, content, tool_calls: calls, tool_call_id: callId }: Turn) {
  return {
    role,
    content,
    ...(calls == null ? {} : { tool_calls: calls.map(callOf) }),
    ...(role === 'tool'
      ? { id: callId ?? null, requestor: 'assistant', error: /^error\b/i.test(String(content)) }
      : {}),
  }
}

function callOf(call: z.infer<typeof Call>) {
  const { name, arguments: text } = call.function
  return { id: call.id ?? null, name, arguments: typeof text === 'string' ? parsed(text) : text }
}

/** Models write arguments that are no JSON at times: then they are kept as they are. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
