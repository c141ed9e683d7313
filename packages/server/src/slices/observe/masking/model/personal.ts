import type { PersonalClass } from '@metaagent/contract'
import { findEmails, findIpv4, findIpv6 } from './addresses.ts'
import { findCards } from './cards.ts'
import type { Found } from './found.ts'
import { findIbans } from './ibans.ts'
import { findNationalNumbers } from './national-numbers.ts'
import { findPhones, type NumberingPlans } from './phones.ts'
import type { Searched } from './surroundings.ts'
import { suspect } from './suspects.ts'

/**
 * Personal data of these classes in one text: by form, checksum, and the words around. Names of people and postal
 * addresses are not looked for: rules find some of them and mistake much else for them.
 */
export function findPersonal(
  searched: Searched,
  classes: ReadonlySet<PersonalClass>,
  plans: NumberingPlans,
): readonly Found[] {
  const { email, digits, ipv6 } = suspect(searched.text, false)
  const found: Found[] = []
  if (email && classes.has('email')) found.push(...findEmails(searched))
  if (ipv6 && classes.has('ip_address')) found.push(...findIpv6(searched))
  if (!digits) return found
  if (classes.has('ip_address')) found.push(...findIpv4(searched))
  if (classes.has('card')) found.push(...findCards(searched))
  if (classes.has('iban')) found.push(...findIbans(searched))
  found.push(...findNationalNumbers(searched, classes))
  // What has a checksum is that and no phone number.
  if (classes.has('phone'))
    found.push(...findPhones(searched, plans).filter((phone) => !found.some((other) => overlaps(other, phone))))
  return found
}

function overlaps(a: Found, b: Found): boolean {
  return a.start < b.end && b.start < a.end
}
