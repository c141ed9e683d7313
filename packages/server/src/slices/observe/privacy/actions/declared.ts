import type { PersonalPayloads, PersonalTable } from '../../../../ports/personal.ts'

/** Everything in which slices keep something of people. Code, not state: every process has the same. */
export interface PersonalData {
  readonly tables: readonly PersonalTable[]
  readonly payloads: readonly PersonalPayloads[]
}

let declared: PersonalData = { tables: [], payloads: [] }

/** Makes known what the slices declared. */
export function registerPersonal(data: PersonalData): void {
  declared = data
}

export function personalData(): PersonalData {
  return declared
}
