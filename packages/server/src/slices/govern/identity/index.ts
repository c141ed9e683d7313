import type { Slice } from '../../../ports/slice.ts'
import { jobs } from './jobs.ts'
import { administrationRoutes } from './routes/administration.ts'
import { roleRoutes } from './routes/roles.ts'
import { signInRoutes } from './routes/sign-in.ts'

export { accountOf } from './actions/accounts.ts'
export { issueApiKey, responsibleUserOf } from './actions/api-keys.ts'
export { authenticate } from './actions/authenticate.ts'
export { ensureEnvironmentKey } from './actions/environment-key.ts'
export { issueSignInLink } from './actions/links.ts'
export { organizationName } from './actions/organization-name.ts'
export {
  createOrganization,
  ensureFirstOrganization,
  firstAdminEmail,
  listOrganizationIds,
  organizationTimeZone,
} from './actions/organizations.ts'
export { redeemStreamTicket } from './actions/stream-tickets.ts'
export { eraseSubject, seal, sealForNew, unseal } from './actions/subjects.ts'

export const identitySlice: Slice = {
  name: 'identity',
  floor: 'govern',
  routes: [...signInRoutes, ...administrationRoutes, ...roleRoutes],
  jobs,
  subscriptions: [],
}
