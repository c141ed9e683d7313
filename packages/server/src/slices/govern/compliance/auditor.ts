import { readAssessment } from './actions/assessment.ts'
import { exportTrail } from './actions/export.ts'
import { frameworks } from './actions/frameworks.ts'
import { createPack, readPack, readPacks } from './actions/packs.ts'
import { readTrail } from './actions/trail.ts'

/** All that an auditor asks: the trail, the trail as a file, frameworks, what they have come to, and packs of evidence. */
export const ComplianceAuditor = {
  trail: readTrail,
  exportTrail,
  frameworks,
  assess: readAssessment,
  createPack,
  packs: readPacks,
  pack: readPack,
} as const
