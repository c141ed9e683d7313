import { z } from 'zod'
import { AccessScope, Role } from './access.ts'
import { Email, IsoInstant, Name, Uuid } from './primitives.ts'

/** A role of an organization's own, as people and credentials name it. */
const CustomRoleName = z.object({ roleId: Uuid, name: Name })

export const Me = z
  .object({
    organization: z.object({ organizationId: Uuid, name: Name }),
    user: z.object({ userId: Uuid, email: z.string().nullable(), displayName: z.string().nullable() }).nullable(),
    credential: z.enum(['session', 'api_key', 'token']),
    role: Role.nullable().meta({ description: 'The built-in role, or what a custom one counts as in approvals.' }),
    customRole: CustomRoleName.nullable(),
    scopes: z.array(AccessScope),
    expiresAt: IsoInstant.nullable(),
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

/** Exchange of a one-time link or a password for a session cookie. */
export const SignIn = z
  .union([
    z.strictObject({ linkToken: z.string().min(20).max(200) }),
    z.strictObject({ email: Email, password: z.string().min(1).max(1000), organization: Name.optional() }),
  ])
  .meta({ id: 'SignIn' })

export const Organization = z
  .object({
    organizationId: Uuid,
    name: Name,
    timeZone: z.string().meta({ description: 'IANA name: where days, weeks and months begin.' }),
    createdAt: IsoInstant,
  })
  .meta({ id: 'Organization' })
export type Organization = z.infer<typeof Organization>
export const OrganizationPatch = z.strictObject({
  name: Name.optional(),
  timeZone: z.string().min(1).max(100).optional(),
})

const oneRole = 'must have either role or customRoleId'

export const User = z
  .object({
    userId: Uuid,
    subjectId: Uuid.meta({ description: 'Whose key encrypts the person’s data; what is erased.' }),
    email: z.string().nullable().meta({ description: 'Null after erasure.' }),
    displayName: z.string().nullable(),
    role: Role.nullable().meta({ description: 'Null: the person has a custom role.' }),
    customRole: CustomRoleName.nullable(),
    lastSignedInAt: IsoInstant.nullable(),
    disabledAt: IsoInstant.nullable(),
    createdAt: IsoInstant,
  })
  .meta({ id: 'User' })
export type User = z.infer<typeof User>
export const UserList = z.object({ items: z.array(User) })
/** One of the two: a built-in role, or the id of a custom one. */
const wantedRole = { role: Role.optional(), customRoleId: Uuid.optional() }
export const UserInput = z
  .strictObject({ email: Email, displayName: Name.optional(), ...wantedRole })
  .refine(({ role, customRoleId }) => (role === undefined) !== (customRoleId === undefined), oneRole)
export const UserCreated = z.object({
  user: User,
  signInLink: z.string().meta({ description: 'One-time link, valid for 24 hours; shown once.' }),
})
export const UserPatch = z
  .strictObject({ ...wantedRole, disabled: z.boolean().optional() })
  .refine(({ role, customRoleId }) => role === undefined || customRoleId === undefined, oneRole)
export const PasswordInput = z.strictObject({
  password: z.string().min(12).max(1000),
  current: z.string().max(1000).optional(),
})

export const ApiKey = z
  .object({
    apiKeyId: Uuid,
    name: Name,
    prefix: z.string().meta({ description: 'The first characters of the key, to recognise it.' }),
    scopes: z.array(AccessScope),
    createdAt: IsoInstant,
    expiresAt: IsoInstant.nullable(),
    lastUsedAt: IsoInstant.nullable(),
    revokedAt: IsoInstant.nullable(),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof ApiKey>
export const ApiKeyList = z.object({ items: z.array(ApiKey) })
export const ApiKeyInput = z.strictObject({
  name: Name,
  scopes: z.array(AccessScope).min(1).max(200),
  expiresInDays: z.int().min(1).max(3650).optional(),
})
export const ApiKeyCreated = z.object({ apiKey: ApiKey, secret: z.string().meta({ description: 'Shown once.' }) })

/** A short-lived JWT for the caller, signed with the deployment's own key (EdDSA). */
export const AccessToken = z.object({ token: z.string(), expiresAt: IsoInstant })
/** Opens one stream; not a credential for anything else. */
export const StreamTicket = z.object({ ticket: z.string(), expiresAt: IsoInstant }).meta({ id: 'StreamTicket' })
export const TokenRequest = z.strictObject({ expiresInSeconds: z.int().min(60).max(3600).default(900) })

/** RFC 7517: public keys only. */
export const JsonWebKeySet = z.object({ keys: z.array(z.record(z.string(), z.string())) }).meta({ id: 'JsonWebKeySet' })

const issuerFields = {
  issuer: z.url().max(2000).meta({ description: 'The `iss` of its tokens, letter by letter.' }),
  audience: z.string().min(1).max(300).meta({
    description: 'The `aud` that its tokens for this organization carry; one organization per issuer and audience.',
  }),
  jwksUrl: z.url().max(2000),
  algorithms: z
    .array(z.enum(['EdDSA', 'ES256', 'ES384', 'RS256', 'PS256']))
    .min(1)
    .max(5),
  role: Role,
}
export const TrustedIssuer = z
  .object({ issuerId: Uuid, ...issuerFields, createdAt: IsoInstant })
  .meta({ id: 'TrustedIssuer' })
export type TrustedIssuer = z.infer<typeof TrustedIssuer>
export const TrustedIssuerInput = z.strictObject(issuerFields).meta({ id: 'TrustedIssuerDefinition' })
export type TrustedIssuerInput = z.infer<typeof TrustedIssuerInput>
export const TrustedIssuerList = z.object({ items: z.array(TrustedIssuer) })

export const SubjectErased = z.object({ subjectId: Uuid, erasedAt: IsoInstant })
