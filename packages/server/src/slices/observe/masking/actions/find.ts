import { type Found, mergeOverlapping } from '../model/found.ts'
import type { JsonString } from '../model/json-strings.ts'
import { findPersonal } from '../model/personal.ts'
import type { MaskingPolicy } from '../model/policy.ts'
import { numberingPlans } from './numbering-plans.ts'
import { findSecrets } from './secret-scanner.ts'

/** Everything that a policy does not let be stored, for each of the texts, in order and without overlaps. */
export async function findAll(
  texts: readonly JsonString[],
  policyOf: (index: number) => MaskingPolicy,
): Promise<readonly (readonly Found[])[]> {
  const secrets = await findSecrets(texts.map(({ text }) => text))
  return texts.map((searched, index) => {
    const policy = policyOf(index)
    const others = [...findPersonal(searched, policy.classes, numberingPlans), ...findOwn(searched.text, policy)]
    return mergeOverlapping([
      ...(secrets[index] ?? []),
      ...others.filter((found) => !policy.isAllowed(found, searched.text.slice(found.start, found.end))),
    ])
  })
}

function findOwn(text: string, { rules }: MaskingPolicy): readonly Found[] {
  return rules.flatMap(({ name, find }) =>
    find(text).map((range): Found => ({ ...range, rule: name, class: 'custom' })),
  )
}
