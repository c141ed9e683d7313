import { z } from 'zod'
import { AccessScope, Role } from './access.ts'
import { IsoInstant, Name, Uuid, versionMax } from './primitives.ts'

const roleFields = {
  name: Name,
  description: z.string().max(500).default(''),
  scopes: z
    .array(AccessScope)
    .min(1)
    .max(100)
    .meta({ description: 'What it allows; `self:read` is always among them.' }),
  countsAs: Role.default('viewer').meta({
    description: 'As which built-in role the votes of its people count in approvals.',
  }),
}

/** A named set of scopes of one organization, beside the built-in roles. */
export const CustomRoleInput = z.strictObject(roleFields).meta({ id: 'CustomRoleDefinition' })
export type CustomRoleInput = z.infer<typeof CustomRoleInput>
export const CustomRoleChange = z
  .strictObject({ ...roleFields, expectedVersion: z.int().min(1).max(versionMax) })
  .meta({ id: 'CustomRoleChange' })
export type CustomRoleChange = z.infer<typeof CustomRoleChange>

export const RoleDefinition = z
  .object({
    roleId: Uuid.nullable().meta({ description: 'Null: built in, the same in every organization.' }),
    name: Name,
    description: z.string(),
    scopes: z.array(AccessScope),
    countsAs: Role,
    members: z.int().meta({ description: 'People who have it, the disabled ones too.' }),
    version: z.int().nullable(),
    changedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'RoleDefinition' })
export type RoleDefinition = z.infer<typeof RoleDefinition>
export const RoleDefinitionList = z.object({ items: z.array(RoleDefinition) })

/** What an organization demands of everybody who signs in or makes keys. A closed set; the defaults change nothing. */
export const OrganizationPolicies = z
  .strictObject({
    sessionIdleMinutes: z
      .int()
      .min(5)
      .max(7 * 24 * 60)
      .meta({ description: 'A session that is not used for so long ends. Default: 720.' }),
    sessionHours: z.int().min(1).max(720).meta({ description: 'A session ends after this in any case. Default: 168.' }),
    passwordSignIn: z.boolean().meta({ description: 'Default: true. One-time links work in any case.' }),
    foreignTokens: z.boolean().meta({ description: 'Whether tokens of trusted issuers count. Default: true.' }),
    apiKeysMadeBy: z.enum(['anybody', 'people', 'admins']).meta({
      description:
        'Who makes keys, of those with `identity:write`: keys and people, people who are signed in, or admins alone. Default: anybody.',
    }),
    apiKeyDaysMax: z
      .int()
      .min(1)
      .max(3650)
      .nullable()
      .meta({ description: 'The longest life of a new key; null: keys may have no end. Default: null.' }),
  })
  .meta({ id: 'OrganizationPolicies' })
export type OrganizationPolicies = z.infer<typeof OrganizationPolicies>
export const OrganizationPoliciesState = z
  .object({
    policies: OrganizationPolicies,
    version: z.int().meta({ description: '0: the defaults, nobody has changed them.' }),
    changedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'OrganizationPoliciesState' })
export type OrganizationPoliciesState = z.infer<typeof OrganizationPoliciesState>
export const OrganizationPoliciesChange = z.strictObject({
  policies: OrganizationPolicies,
  expectedVersion: z.int().min(0).max(versionMax),
})
