import type { RiskTerm } from './terms.ts'

/** Name of the formula; it changes with the weights, and stands beside every score. */
export const riskFormula = 'risk-1'

/** The log-odds of a run of which nothing is unusual. */
export const riskIntercept = { amongPeers: -0.609, alone: -0.549 }

/**
 * Log-odds per unit of each term: `amongPeers` where other runs of the same unit are known, `alone` where not. Printed by
 * `npm run suite -- tau2-risk --fit`: logistic regression over 651 recorded runs of 17 agents with an intercept per file,
 * weights held at or above 0, ridge 30 on standardised terms. A 0 is a term that did not tell failed runs from others
 * there: it is shown and adds nothing.
 */
export const riskWeights: Readonly<Record<'amongPeers' | 'alone', Readonly<Record<RiskTerm, number>>>> = {
  amongPeers: {
    'steps-over-usual': 0.124,
    'duration-over-usual': 0.014,
    'output-over-usual': 0.216,
    'tool-calls-over-usual': 0,
    'gap-over-usual': 0,
    'model-calls-under-usual': 0.121,
    'tool-errors': 0.063,
    'late-tool-error': 0.332,
    'repeated-calls': 0.063,
    'looped-calls': 0,
    'no-work': 1.558,
    'no-tool-call': 2.408,
    unfinished: 2.285,
    'hand-over': 0.152,
    apologies: 0,
    refusals: 0.014,
    doubts: 0.028,
    'other-tools-than-peers': 2.523,
    'other-changes-than-peers': 2.967,
    'long-unit': 0.754,
  },
  alone: {
    'steps-over-usual': 0.184,
    'duration-over-usual': 0.126,
    'output-over-usual': 0.313,
    'tool-calls-over-usual': 0.133,
    'gap-over-usual': 0,
    'model-calls-under-usual': 0.22,
    'tool-errors': 0.115,
    'late-tool-error': 0.577,
    'repeated-calls': 0,
    'looped-calls': 0,
    'no-work': 3.369,
    'no-tool-call': 2.136,
    unfinished: 1.663,
    'hand-over': 0,
    apologies: 0,
    refusals: 0,
    doubts: 0,
    'other-tools-than-peers': 0,
    'other-changes-than-peers': 0,
    'long-unit': 0,
  },
}

/** Results files whose runs the weights were fitted on: whoever measures the formula must leave them out. */
export const trainedOn: readonly string[] = [
  'adaptive-agent_community_2026-03-23__adaptive_agent_airline_opus46_cascata.json.gz',
  'adaptive-agent_ironshell-ui_2026-03-22__adaptive-agent_airline_claude-opus-4-6_1trial.json.gz',
  'button-claude-opus-4-6_distyl-ai_2026-03-04__airline.json.gz',
  'claude-sonnet-4-5_aide-platform_2025-10-31__claude-sonnet-4-5_airline_default_gpt4.1_1trials.json.gz',
  'data__simulations__2025-08-10T02-44-06.496849_telecom_llm_agent_gpt-4o_user_simulator_gpt-4o.json.gz',
  'gpt-oss-120b_openai_2025-11-26__langchain_agent_airline_2025-11-26_00-37-06.json.gz',
  'ironshell-ironforge_ironshell-ui_2026-03-09__ironshell_airline_gpt54_run1.json.gz',
  'ironshell-ironforge_ironshell-ui_2026-03-09__ironshell_ironforge_v2_gpt54.json.gz',
  'ironshell-ironforge_ironshell-ui_2026-03-09__ironshell_ironforge_v3_deepseek.json.gz',
  'judge_viewer__data__simulations__azure-airline-full.json.gz',
  'results__whissle__airline_run1.json.gz',
  'src__experiments__eval__data__qwen2.5-7b-retries__ollama_chat__qwen2.5-7b_airline_default_gpt-4.1-2025-04-14_1trials.jso.json.gz',
  'src__experiments__model_training__results__ft-gpt-4.1-2025-04-14-sierra-tau2-full-sft-BzrYdMNm_airline_default_gpt-4.1_1.json.gz',
  'src__experiments__model_training__results__ft-gpt-4.1-2025-04-14-sierra-tau2-full-sft-BzrYdMNm_telecom_default_gpt-4.1_1.json.gz',
  'src__experiments__model_training__results__gpt-4.1_airline_default_gpt-4.1_1trials.json.gz',
  'src__experiments__model_training__results__gpt-4.1_telecom_default_gpt-4.1_1trials.json.gz',
  'toolorchestra_nvidia_2025-12-02__toolorchestra_airline_gpt-5_1trial.json.gz',
]
