import type { Because, GuardrailEvidence, SuccessEvidence } from '@metaagent/contract'

/** Why a comparison was decided as it was: one sentence for people beside the values that decided. */
export const because = {
  successWorse(success: SuccessEvidence): Because {
    return {
      rule: 'success-worse',
      observed: success.pValue,
      limit: success.alpha,
      text: `The candidate succeeds less: ${rates(success)}; ${significance(success)}.`,
    }
  },

  harm(guardrail: GuardrailEvidence): Because {
    return {
      rule: `${guardrail.metric}-proven-harm`,
      observed: guardrail.ratioLow,
      limit: guardrail.harmLimit,
      text: `The candidate's ${guardrail.metric} is worse: ${ratios(guardrail)}; all of it above ${guardrail.harmLimit}.`,
    }
  },

  notShown(success: SuccessEvidence): Because {
    const text =
      success.pValue === null
        ? 'No outcome is known that could be compared; collect executions whose success is reported.'
        : `No difference in success is shown yet: ${rates(success)}; ${significance(success)}. Collect more executions.`
    return { rule: 'success-difference-not-shown', observed: success.pValue, limit: success.alpha, text }
  },

  notProvenSafe(success: SuccessEvidence, guardrail: GuardrailEvidence): Because {
    const lack =
      guardrail.ratio === null
        ? `too few executions have a measured ${guardrail.metric} in both arms`
        : `${ratios(guardrail)}, not all below ${guardrail.limit}`
    return {
      rule: `${guardrail.metric}-not-proven-safe`,
      observed: guardrail.ratioHigh,
      limit: guardrail.limit,
      text: `The candidate succeeds more (${rates(success)}; ${significance(success)}), but its ${guardrail.metric} is not proven safe: ${lack}.`,
    }
  },

  better(success: SuccessEvidence, guardrails: readonly GuardrailEvidence[]): Because {
    const safe = guardrails.map((guardrail) => ` Its ${guardrail.metric} is proven safe: ${ratios(guardrail)}.`)
    return {
      rule: guardrails.length === 0 ? 'success-better' : 'success-better-and-guardrails-safe',
      observed: success.pValue,
      limit: success.alpha,
      text: `The candidate succeeds more: ${rates(success)}; ${significance(success)}.${safe.join('')}`,
    }
  },
}

function rates({ candidateRate, controlRate, pairs }: SuccessEvidence): string {
  const over = pairs === null ? '' : ` of ${pairs} ${pairs === 1 ? 'unit' : 'units'} that both tried`
  return `${percent(candidateRate)} against ${percent(controlRate)}${over}`
}

function significance({ test, pValue, alpha }: SuccessEvidence): string {
  const below = pValue !== null && pValue < alpha
  return `${testNames[test]} p = ${figures(pValue)}, ${below ? 'below' : 'not below'} ${alpha}`
}

const testNames: Readonly<Record<SuccessEvidence['test'], string>> = {
  'exact-mcnemar': 'exact McNemar',
  'exact-sign-flip': 'exact sign-flip test',
  'normal-sign-flip': 'sign-flip test',
  'fisher-exact': 'Fisher’s exact test',
}

function ratios({ ratio, ratioLow, ratioHigh, confidence }: GuardrailEvidence): string {
  return `${figures(ratio)} times the control's (${figures(100 * confidence)} % interval ${figures(ratioLow)} to ${figures(ratioHigh)})`
}

function percent(rate: number | null): string {
  return rate === null ? 'unknown' : `${(100 * rate).toFixed(1)} %`
}

/** Four significant figures: enough to see on which side of its limit a value lies. */
function figures(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(4)))
}
