import { readAssessment } from './assessment.ts'
import { exportTrail } from './export.ts'
import { frameworks } from './frameworks.ts'
import { createPack, readPack, readPacks } from './packs.ts'
import { readTrail } from './trail.ts'

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
