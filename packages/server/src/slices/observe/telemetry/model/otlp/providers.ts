import type { FieldValues } from './sources.ts'
import { textOfValue } from './texts.ts'

/** Other spellings of providers → `gen_ai.provider.name` of the current conventions; in lower case. */
const providerNames: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  cohere: 'cohere',
  groq: 'groq',
  deepseek: 'deepseek',
  perplexity: 'perplexity',
  bedrock: 'aws.bedrock',
  aws: 'aws.bedrock',
  aws_bedrock: 'aws.bedrock',
  'amazon-bedrock': 'aws.bedrock',
  azure: 'azure.ai.openai',
  'azure-openai': 'azure.ai.openai',
  azure_openai: 'azure.ai.openai',
  'az.ai.openai': 'azure.ai.openai',
  'az.ai.inference': 'azure.ai.inference',
  google: 'gcp.gen_ai',
  google_genai: 'gcp.gen_ai',
  gemini: 'gcp.gemini',
  google_vertexai: 'gcp.vertex_ai',
  vertexai: 'gcp.vertex_ai',
  vertex_ai: 'gcp.vertex_ai',
  'gcp.vertex.agent': 'gcp.vertex_ai',
  mistral: 'mistral_ai',
  mistralai: 'mistral_ai',
  moonshot: 'moonshot_ai',
  moonshotai: 'moonshot_ai',
  xai: 'x_ai',
  watsonx: 'ibm.watsonx.ai',
}

/** `openai.responses`, `google.vertex.chat` of the AI SDK → the part that names the provider. */
const aiSdkProvider =
  /^(openai|anthropic|mistral|cohere|groq|deepseek|perplexity|xai|amazon-bedrock|azure-openai|azure)\./

/** Who served the model, as the current conventions call them; names that they do not know stay as they are. */
export function providerOf(values: FieldValues): string | null {
  const named = textOfValue(values.get('provider'), 200)
  if (named === null) return null
  const lower = named.toLowerCase()
  if (Object.hasOwn(providerNames, lower)) return providerNames[lower] ?? named
  if (lower.startsWith('google.vertex')) return 'gcp.vertex_ai'
  if (lower.startsWith('google.generative-ai')) return 'gcp.gen_ai'
  const prefix = aiSdkProvider.exec(lower)?.[1]
  return prefix === undefined ? named : (providerNames[prefix] ?? prefix)
}
