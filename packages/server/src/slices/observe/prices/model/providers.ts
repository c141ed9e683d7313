/** Providers as OpenTelemetry names them → as the price table does. What is not listed is asked for as it is. */
const tableNames: Readonly<Record<string, string>> = {
  'aws.bedrock': 'aws',
  'azure.ai.openai': 'azure',
  'azure.ai.inference': 'azure',
  'az.ai.openai': 'azure',
  'az.ai.inference': 'azure',
  'gcp.gemini': 'google',
  'gcp.gen_ai': 'google',
  'gcp.vertex_ai': 'google',
  gemini: 'google',
  vertex_ai: 'google',
  x_ai: 'x-ai',
  xai: 'x-ai',
  mistral_ai: 'mistral',
  moonshot_ai: 'moonshotai',
}

/** One spelling of a provider for all of its names. */
export function providerId(name: string): string {
  const lower = name.trim().toLowerCase()
  return tableNames[lower] ?? lower
}
