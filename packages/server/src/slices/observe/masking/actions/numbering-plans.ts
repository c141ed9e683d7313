import { type CountryCode, getCountries, isPossiblePhoneNumber, isValidPhoneNumber } from 'libphonenumber-js/min'
import type { NumberingPlans } from '../model/phones.ts'

/** Countries with a trunk zero by number of people online; a number that one of them has is a number. */
const trunkZero: readonly CountryCode[] = (
  ['GB', 'DE', 'FR', 'IN', 'JP', 'AU', 'NL', 'BE', 'CH', 'SE', 'AT', 'ZA', 'ID', 'TR', 'KR', 'NG', 'EG', 'BR'] as const
).filter((country) => getCountries().includes(country))

/** Google's numbering plans, as `libphonenumber-js` packs them. */
export const numberingPlans: NumberingPlans = {
  isPossible: (international) => isPossiblePhoneNumber(international),
  isNational: (national) => trunkZero.some((country) => isValidPhoneNumber(national, country)),
}
