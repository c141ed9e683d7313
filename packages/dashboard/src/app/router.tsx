import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouterHistory,
  redirect,
} from '@tanstack/react-router'
import { parseSearch, stringifySearch } from '../address/search.ts'
import { asApiError } from '../api/api-error.ts'
import { queries } from '../api/queries.ts'
import { alertsSearch, messagesSearch, rulesSearch } from '../pages/alerts/search.ts'
import { amendmentSearch, amendmentsSearch, documentSearch } from '../pages/amendments/search.ts'
import { approvalsSearch } from '../pages/approvals/search.ts'
import { arbitrationsSearch, auditsSearch } from '../pages/arbitration/search.ts'
import { artifactSearch, conflictsSearch, projectSearch, projectsSearch } from '../pages/artifacts/search.ts'
import { chaosSearch } from '../pages/chaos/search.ts'
import { costsSearch } from '../pages/costs/search.ts'
import { dependenciesSearch } from '../pages/dependencies/search.ts'
import { driftSearch } from '../pages/drift/search.ts'
import { evidenceSearch } from '../pages/evidence/search.ts'
import { fallbacksSearch } from '../pages/fallbacks/search.ts'
import { gatewaySearch } from '../pages/gateway/search.ts'
import { fleetSearch } from '../pages/health/search.ts'
import { signInSearch } from '../pages/identity/search.ts'
import { judgmentsSearch } from '../pages/judgments/search.ts'
import { entrySearch, ledgerSearch } from '../pages/ledger/search.ts'
import { overviewSearch } from '../pages/overview/search.ts'
import { executionsSearch as macroExecutionsSearch, playbooksSearch } from '../pages/playbooks/search.ts'
import { agentSearch } from '../pages/registry/search.ts'
import { comparisonsSearch, newComparisonSearch } from '../pages/rollouts/search.ts'
import { sessionsSearch } from '../pages/sessions/search.ts'
import { slasSearch } from '../pages/slas/search.ts'
import { cardsSearch, findSearch, specialistSearch, specialistsSearch } from '../pages/specialists/search.ts'
import { executionsSearch, traceSearch } from '../pages/telemetry/search.ts'
import { judgeSearch, judgesSearch } from '../pages/trust/search.ts'
import { webhooksSearch } from '../pages/webhooks/search.ts'
import { NotFoundPage, PagePending, RouteProblem } from './route-states.tsx'
import { Shell } from './shell.tsx'

const root = createRootRouteWithContext<{ readonly queryClient: QueryClient }>()({ component: Outlet })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('../pages/identity/sign-in-page.tsx'), 'SignInPage'),
})

// Everything behind the door: without a session the reader is sent to sign in and comes back to where they wanted to go.
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.fetchQuery(queries.me())
    } catch (error) {
      if (!asApiError(error).isSignedOut) throw error
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } })
    }
  },
})

const overview = createRoute({
  getParentRoute: () => inside,
  path: '/',
  validateSearch: overviewSearch,
  component: lazyRouteComponent(() => import('../pages/overview/overview-page.tsx'), 'OverviewPage'),
})
const fleet = createRoute({
  getParentRoute: () => inside,
  path: '/fleet',
  validateSearch: fleetSearch,
  component: lazyRouteComponent(() => import('../pages/health/fleet-page.tsx'), 'FleetPage'),
})
const agent = createRoute({
  getParentRoute: () => inside,
  path: '/agents/$agentId',
  validateSearch: agentSearch,
  component: lazyRouteComponent(() => import('../pages/registry/agent-page.tsx'), 'AgentPage'),
})
const executions = createRoute({
  getParentRoute: () => inside,
  path: '/executions',
  validateSearch: executionsSearch,
  component: lazyRouteComponent(() => import('../pages/telemetry/executions-page.tsx'), 'ExecutionsPage'),
})
const trace = createRoute({
  getParentRoute: () => inside,
  path: '/executions/$executionId',
  validateSearch: traceSearch,
  // The steps come while the page's code is loaded, not after it; a link that is only pointed at asks for none.
  loader: ({ context, params, preload }) => {
    if (!preload) void context.queryClient.prefetchQuery(queries.trace(params.executionId))
  },
  component: lazyRouteComponent(() => import('../pages/telemetry/trace-page.tsx'), 'TracePage'),
})
const sessions = createRoute({
  getParentRoute: () => inside,
  path: '/sessions',
  validateSearch: sessionsSearch,
  component: lazyRouteComponent(() => import('../pages/sessions/sessions-page.tsx'), 'SessionsPage'),
})
const session = createRoute({
  getParentRoute: () => inside,
  path: '/sessions/$conversationId',
  component: lazyRouteComponent(() => import('../pages/sessions/session-page.tsx'), 'SessionPage'),
})
const alerts = createRoute({
  getParentRoute: () => inside,
  path: '/alerts',
  validateSearch: alertsSearch,
  component: lazyRouteComponent(() => import('../pages/alerts/alerts-page.tsx'), 'AlertsPage'),
})
const alertRules = createRoute({
  getParentRoute: () => inside,
  path: '/alerts/rules',
  validateSearch: rulesSearch,
  component: lazyRouteComponent(() => import('../pages/alerts/rules-page.tsx'), 'RulesPage'),
})
const alertSilences = createRoute({
  getParentRoute: () => inside,
  path: '/alerts/silences',
  component: lazyRouteComponent(() => import('../pages/alerts/silences-page.tsx'), 'SilencesPage'),
})
const alertChannels = createRoute({
  getParentRoute: () => inside,
  path: '/alerts/channels',
  component: lazyRouteComponent(() => import('../pages/alerts/channels-page.tsx'), 'ChannelsPage'),
})
const alertMessages = createRoute({
  getParentRoute: () => inside,
  path: '/alerts/messages',
  validateSearch: messagesSearch,
  component: lazyRouteComponent(() => import('../pages/alerts/channel-messages-page.tsx'), 'ChannelMessagesPage'),
})
const alertRouting = createRoute({
  getParentRoute: () => inside,
  path: '/alerts/routing',
  component: lazyRouteComponent(() => import('../pages/alerts/routing-page.tsx'), 'RoutingPage'),
})
const alert = createRoute({
  getParentRoute: () => inside,
  path: '/alerts/$alertId',
  component: lazyRouteComponent(() => import('../pages/alerts/alert-page.tsx'), 'AlertPage'),
})
const judgments = createRoute({
  getParentRoute: () => inside,
  path: '/judgments',
  validateSearch: judgmentsSearch,
  component: lazyRouteComponent(() => import('../pages/judgments/judgments-page.tsx'), 'JudgmentsPage'),
})
const judgment = createRoute({
  getParentRoute: () => inside,
  path: '/judgments/$judgmentId',
  component: lazyRouteComponent(() => import('../pages/judgments/judgment-page.tsx'), 'JudgmentPage'),
})
const statusWords = createRoute({
  getParentRoute: () => inside,
  path: '/settings/status-words',
  component: lazyRouteComponent(() => import('../pages/judgments/status-words-page.tsx'), 'StatusWordsPage'),
})
const dependencies = createRoute({
  getParentRoute: () => inside,
  path: '/dependencies',
  validateSearch: dependenciesSearch,
  component: lazyRouteComponent(() => import('../pages/dependencies/dependencies-page.tsx'), 'DependenciesPage'),
})
const probes = createRoute({
  getParentRoute: () => inside,
  path: '/probes',
  component: lazyRouteComponent(() => import('../pages/probes/probes-page.tsx'), 'ProbesPage'),
})
const projects = createRoute({
  getParentRoute: () => inside,
  path: '/projects',
  validateSearch: projectsSearch,
  component: lazyRouteComponent(() => import('../pages/artifacts/projects-page.tsx'), 'ProjectsPage'),
})
const project = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$projectId',
  validateSearch: projectSearch,
  component: lazyRouteComponent(() => import('../pages/artifacts/project-page.tsx'), 'ProjectPage'),
})
const artifact = createRoute({
  getParentRoute: () => inside,
  path: '/artifacts/$artifactId',
  validateSearch: artifactSearch,
  component: lazyRouteComponent(() => import('../pages/artifacts/artifact-page.tsx'), 'ArtifactPage'),
})
const conflicts = createRoute({
  getParentRoute: () => inside,
  path: '/conflicts',
  validateSearch: conflictsSearch,
  component: lazyRouteComponent(() => import('../pages/artifacts/conflicts-page.tsx'), 'ConflictsPage'),
})
const conflict = createRoute({
  getParentRoute: () => inside,
  path: '/conflicts/$conflictId',
  component: lazyRouteComponent(() => import('../pages/artifacts/conflict-page.tsx'), 'ConflictPage'),
})
const governanceMode = createRoute({
  getParentRoute: () => inside,
  path: '/settings/governance-mode',
  component: lazyRouteComponent(() => import('../pages/artifacts/governance-mode-page.tsx'), 'GovernanceModePage'),
})
const playbooks = createRoute({
  getParentRoute: () => inside,
  path: '/playbooks',
  validateSearch: playbooksSearch,
  component: lazyRouteComponent(() => import('../pages/playbooks/playbooks-page.tsx'), 'PlaybooksPage'),
})
const newMacro = createRoute({
  getParentRoute: () => inside,
  path: '/playbooks/new',
  component: lazyRouteComponent(() => import('../pages/playbooks/macro-editor.tsx'), 'NewMacroPage'),
})
const macroExecutions = createRoute({
  getParentRoute: () => inside,
  path: '/playbooks/executions',
  validateSearch: macroExecutionsSearch,
  component: lazyRouteComponent(() => import('../pages/playbooks/executions-page.tsx'), 'ExecutionsPage'),
})
const macroExecution = createRoute({
  getParentRoute: () => inside,
  path: '/playbooks/executions/$id',
  component: lazyRouteComponent(() => import('../pages/playbooks/execution-page.tsx'), 'ExecutionPage'),
})
const macroDependencies = createRoute({
  getParentRoute: () => inside,
  path: '/playbooks/dependencies',
  component: lazyRouteComponent(() => import('../pages/playbooks/dependencies-page.tsx'), 'MacroDependenciesPage'),
})
const macro = createRoute({
  getParentRoute: () => inside,
  path: '/playbooks/$macro',
  component: lazyRouteComponent(() => import('../pages/playbooks/macro-page.tsx'), 'MacroPage'),
})
const editMacro = createRoute({
  getParentRoute: () => inside,
  path: '/playbooks/$macro/edit',
  component: lazyRouteComponent(() => import('../pages/playbooks/macro-editor.tsx'), 'EditMacroPage'),
})
const comparisons = createRoute({
  getParentRoute: () => inside,
  path: '/comparisons',
  validateSearch: comparisonsSearch,
  component: lazyRouteComponent(() => import('../pages/rollouts/comparisons-page.tsx'), 'ComparisonsPage'),
})
const newComparison = createRoute({
  getParentRoute: () => inside,
  path: '/comparisons/new',
  validateSearch: newComparisonSearch,
  component: lazyRouteComponent(() => import('../pages/rollouts/new-comparison-page.tsx'), 'NewComparisonPage'),
})
const comparison = createRoute({
  getParentRoute: () => inside,
  path: '/comparisons/$comparisonId',
  component: lazyRouteComponent(() => import('../pages/rollouts/comparison-page.tsx'), 'ComparisonPage'),
})
const arbitrations = createRoute({
  getParentRoute: () => inside,
  path: '/arbitrations',
  validateSearch: arbitrationsSearch,
  component: lazyRouteComponent(() => import('../pages/arbitration/arbitrations-page.tsx'), 'ArbitrationsPage'),
})
const arbitrationPolicies = createRoute({
  getParentRoute: () => inside,
  path: '/arbitrations/metrics',
  component: lazyRouteComponent(() => import('../pages/arbitration/policies-page.tsx'), 'PoliciesPage'),
})
const arbitration = createRoute({
  getParentRoute: () => inside,
  path: '/arbitrations/$arbitrationId',
  component: lazyRouteComponent(() => import('../pages/arbitration/arbitration-page.tsx'), 'ArbitrationPage'),
})
const audits = createRoute({
  getParentRoute: () => inside,
  path: '/audits',
  validateSearch: auditsSearch,
  component: lazyRouteComponent(() => import('../pages/arbitration/audits-page.tsx'), 'AuditsPage'),
})
const arbitrationRules = createRoute({
  getParentRoute: () => inside,
  path: '/settings/arbitration-rules',
  component: lazyRouteComponent(() => import('../pages/arbitration/rules-page.tsx'), 'ArbitrationRulesPage'),
})
const specialists = createRoute({
  getParentRoute: () => inside,
  path: '/specialists',
  validateSearch: specialistsSearch,
  component: lazyRouteComponent(() => import('../pages/specialists/specialists-page.tsx'), 'SpecialistsPage'),
})
const newSpecialist = createRoute({
  getParentRoute: () => inside,
  path: '/specialists/new',
  component: lazyRouteComponent(() => import('../pages/specialists/edit-pages.tsx'), 'NewSpecialistPage'),
})
const findSpecialist = createRoute({
  getParentRoute: () => inside,
  path: '/specialists/find',
  validateSearch: findSearch,
  component: lazyRouteComponent(() => import('../pages/specialists/find-page.tsx'), 'FindPage'),
})
const specialistListing = createRoute({
  getParentRoute: () => inside,
  path: '/specialists/listing',
  component: lazyRouteComponent(() => import('../pages/specialists/listing-page.tsx'), 'ListingPage'),
})
const foreignCards = createRoute({
  getParentRoute: () => inside,
  path: '/specialists/cards',
  validateSearch: cardsSearch,
  component: lazyRouteComponent(() => import('../pages/specialists/cards-page.tsx'), 'CardsPage'),
})
const foreignCard = createRoute({
  getParentRoute: () => inside,
  path: '/specialists/cards/$cardId',
  component: lazyRouteComponent(() => import('../pages/specialists/card-page.tsx'), 'CardPage'),
})
const specialist = createRoute({
  getParentRoute: () => inside,
  path: '/specialists/$specialistId',
  validateSearch: specialistSearch,
  component: lazyRouteComponent(() => import('../pages/specialists/specialist-page.tsx'), 'SpecialistPage'),
})
const newSpecialistVersion = createRoute({
  getParentRoute: () => inside,
  path: '/specialists/$specialistId/new-version',
  component: lazyRouteComponent(() => import('../pages/specialists/edit-pages.tsx'), 'NewVersionPage'),
})
const fallbacks = createRoute({
  getParentRoute: () => inside,
  path: '/fallbacks',
  validateSearch: fallbacksSearch,
  component: lazyRouteComponent(() => import('../pages/fallbacks/fallbacks-page.tsx'), 'FallbacksPage'),
})
const newFallback = createRoute({
  getParentRoute: () => inside,
  path: '/fallbacks/new',
  component: lazyRouteComponent(() => import('../pages/fallbacks/edit-pages.tsx'), 'NewFallbackPage'),
})
const fallback = createRoute({
  getParentRoute: () => inside,
  path: '/fallbacks/$policyId',
  component: lazyRouteComponent(() => import('../pages/fallbacks/fallback-page.tsx'), 'FallbackPage'),
})
const editFallback = createRoute({
  getParentRoute: () => inside,
  path: '/fallbacks/$policyId/edit',
  component: lazyRouteComponent(() => import('../pages/fallbacks/edit-pages.tsx'), 'EditFallbackPage'),
})
const chaos = createRoute({
  getParentRoute: () => inside,
  path: '/chaos',
  validateSearch: chaosSearch,
  component: lazyRouteComponent(() => import('../pages/chaos/chaos-page.tsx'), 'ChaosPage'),
})
const newExperiment = createRoute({
  getParentRoute: () => inside,
  path: '/chaos/new',
  component: lazyRouteComponent(() => import('../pages/chaos/edit-pages.tsx'), 'NewExperimentPage'),
})
const experiment = createRoute({
  getParentRoute: () => inside,
  path: '/chaos/$experimentId',
  component: lazyRouteComponent(() => import('../pages/chaos/experiment-page.tsx'), 'ExperimentPage'),
})
const editExperiment = createRoute({
  getParentRoute: () => inside,
  path: '/chaos/$experimentId/edit',
  component: lazyRouteComponent(() => import('../pages/chaos/edit-pages.tsx'), 'EditExperimentPage'),
})
const chaosRun = createRoute({
  getParentRoute: () => inside,
  path: '/chaos/runs/$runId',
  component: lazyRouteComponent(() => import('../pages/chaos/run-page.tsx'), 'RunPage'),
})
const costs = createRoute({
  getParentRoute: () => inside,
  path: '/costs',
  validateSearch: costsSearch,
  component: lazyRouteComponent(() => import('../pages/costs/costs-page.tsx'), 'CostsPage'),
})
const slas = createRoute({
  getParentRoute: () => inside,
  path: '/slas',
  validateSearch: slasSearch,
  component: lazyRouteComponent(() => import('../pages/slas/slas-page.tsx'), 'SlasPage'),
})
const newSla = createRoute({
  getParentRoute: () => inside,
  path: '/slas/new',
  component: lazyRouteComponent(() => import('../pages/slas/edit-pages.tsx'), 'NewSlaPage'),
})
const sla = createRoute({
  getParentRoute: () => inside,
  path: '/slas/$slaId',
  component: lazyRouteComponent(() => import('../pages/slas/sla-page.tsx'), 'SlaPage'),
})
const editSla = createRoute({
  getParentRoute: () => inside,
  path: '/slas/$slaId/edit',
  component: lazyRouteComponent(() => import('../pages/slas/edit-pages.tsx'), 'EditSlaPage'),
})
const slaReport = createRoute({
  getParentRoute: () => inside,
  path: '/slas/$slaId/reports/$month',
  component: lazyRouteComponent(() => import('../pages/slas/report-page.tsx'), 'SlaReportPage'),
})
const evidence = createRoute({
  getParentRoute: () => inside,
  path: '/evidence',
  validateSearch: evidenceSearch,
  component: lazyRouteComponent(() => import('../pages/evidence/evidence-page.tsx'), 'EvidencePage'),
})
const evidenceFramework = createRoute({
  getParentRoute: () => inside,
  path: '/evidence/$framework',
  validateSearch: evidenceSearch,
  component: lazyRouteComponent(() => import('../pages/evidence/framework-page.tsx'), 'FrameworkPage'),
})
const evidencePack = createRoute({
  getParentRoute: () => inside,
  path: '/evidence/packs/$packId',
  component: lazyRouteComponent(() => import('../pages/evidence/pack-page.tsx'), 'PackPage'),
})
const ledger = createRoute({
  getParentRoute: () => inside,
  path: '/ledger',
  validateSearch: ledgerSearch,
  component: lazyRouteComponent(() => import('../pages/ledger/ledger-page.tsx'), 'LedgerPage'),
})
const anchors = createRoute({
  getParentRoute: () => inside,
  path: '/ledger/anchors',
  component: lazyRouteComponent(() => import('../pages/anchors/anchors-page.tsx'), 'AnchorsPage'),
})
const entry = createRoute({
  getParentRoute: () => inside,
  path: '/ledger/entries/$index',
  validateSearch: entrySearch,
  component: lazyRouteComponent(() => import('../pages/ledger/entry-page.tsx'), 'EntryPage'),
})
const entryOfEvent = createRoute({
  getParentRoute: () => inside,
  path: '/ledger/events/$eventId',
  component: lazyRouteComponent(() => import('../pages/ledger/event-page.tsx'), 'EventPage'),
})
const approvals = createRoute({
  getParentRoute: () => inside,
  path: '/approvals',
  validateSearch: approvalsSearch,
  component: lazyRouteComponent(() => import('../pages/approvals/approvals-page.tsx'), 'ApprovalsPage'),
})
const judges = createRoute({
  getParentRoute: () => inside,
  path: '/judges',
  validateSearch: judgesSearch,
  component: lazyRouteComponent(() => import('../pages/trust/judges-page.tsx'), 'JudgesPage'),
})
const judge = createRoute({
  getParentRoute: () => inside,
  path: '/judges/$judge',
  validateSearch: judgeSearch,
  component: lazyRouteComponent(() => import('../pages/trust/judge-page.tsx'), 'JudgePage'),
})
const drift = createRoute({
  getParentRoute: () => inside,
  path: '/drift',
  validateSearch: driftSearch,
  component: lazyRouteComponent(() => import('../pages/drift/drift-page.tsx'), 'DriftPage'),
})
const driftMethods = createRoute({
  getParentRoute: () => inside,
  path: '/drift/methods',
  component: lazyRouteComponent(() => import('../pages/drift/methods-page.tsx'), 'MethodsPage'),
})
const driftStream = createRoute({
  getParentRoute: () => inside,
  path: '/drift/$streamId',
  component: lazyRouteComponent(() => import('../pages/drift/stream-page.tsx'), 'StreamPage'),
})
const amendments = createRoute({
  getParentRoute: () => inside,
  path: '/amendments',
  validateSearch: amendmentsSearch,
  component: lazyRouteComponent(() => import('../pages/amendments/amendments-page.tsx'), 'AmendmentsPage'),
})
const amendment = createRoute({
  getParentRoute: () => inside,
  path: '/amendments/$amendmentId',
  validateSearch: amendmentSearch,
  component: lazyRouteComponent(() => import('../pages/amendments/amendment-page.tsx'), 'AmendmentPage'),
})
const documents = createRoute({
  getParentRoute: () => inside,
  path: '/documents',
  component: lazyRouteComponent(() => import('../pages/amendments/documents-page.tsx'), 'DocumentsPage'),
})
const document = createRoute({
  getParentRoute: () => inside,
  path: '/documents/$document',
  validateSearch: documentSearch,
  component: lazyRouteComponent(() => import('../pages/amendments/document-page.tsx'), 'DocumentPage'),
})
const governanceRules = createRoute({
  getParentRoute: () => inside,
  path: '/settings/governance-rules',
  component: lazyRouteComponent(() => import('../pages/governance/governance-rules-page.tsx'), 'GovernanceRulesPage'),
})
const apiKeys = createRoute({
  getParentRoute: () => inside,
  path: '/settings/api-keys',
  component: lazyRouteComponent(() => import('../pages/identity/api-keys-page.tsx'), 'ApiKeysPage'),
})
const people = createRoute({
  getParentRoute: () => inside,
  path: '/settings/people',
  component: lazyRouteComponent(() => import('../pages/identity/people-page.tsx'), 'PeoplePage'),
})
const roles = createRoute({
  getParentRoute: () => inside,
  path: '/settings/roles',
  component: lazyRouteComponent(() => import('../pages/identity/roles-page.tsx'), 'RolesPage'),
})
const masking = createRoute({
  getParentRoute: () => inside,
  path: '/settings/masking',
  component: lazyRouteComponent(() => import('../pages/masking/masking-page.tsx'), 'MaskingPage'),
})
const gateway = createRoute({
  getParentRoute: () => inside,
  path: '/settings/gateway',
  validateSearch: gatewaySearch,
  component: lazyRouteComponent(() => import('../pages/gateway/gateway-page.tsx'), 'GatewayPage'),
})
const retention = createRoute({
  getParentRoute: () => inside,
  path: '/settings/retention',
  component: lazyRouteComponent(() => import('../pages/retention/retention-page.tsx'), 'RetentionPage'),
})
const privacy = createRoute({
  getParentRoute: () => inside,
  path: '/settings/privacy',
  component: lazyRouteComponent(() => import('../pages/privacy/privacy-page.tsx'), 'PrivacyPage'),
})
const webhooks = createRoute({
  getParentRoute: () => inside,
  path: '/settings/webhooks',
  validateSearch: webhooksSearch,
  component: lazyRouteComponent(() => import('../pages/webhooks/webhooks-page.tsx'), 'WebhooksPage'),
})
const organization = createRoute({
  getParentRoute: () => inside,
  path: '/settings/organization',
  component: lazyRouteComponent(() => import('../pages/organization/organization-page.tsx'), 'OrganizationPage'),
})
const account = createRoute({
  getParentRoute: () => inside,
  path: '/settings/account',
  component: lazyRouteComponent(() => import('../pages/identity/account-page.tsx'), 'AccountPage'),
})
const causalTrace = createRoute({
  getParentRoute: () => inside,
  path: '/qa/traces/$correlationId',
  component: lazyRouteComponent(() => import('../pages/coordination/trace-page.tsx'), 'CausalTracePage'),
})
const connect = createRoute({
  getParentRoute: () => inside,
  path: '/settings/connect',
  component: lazyRouteComponent(() => import('../pages/identity/connect-page.tsx'), 'ConnectPage'),
})

const routeTree = root.addChildren([
  signIn,
  inside.addChildren([
    overview,
    fleet,
    agent,
    executions,
    trace,
    sessions,
    session,
    alerts,
    alertRules,
    alertSilences,
    alertChannels,
    alertMessages,
    alertRouting,
    alert,
    judgments,
    judgment,
    statusWords,
    dependencies,
    probes,
    projects,
    project,
    artifact,
    conflicts,
    conflict,
    governanceMode,
    playbooks,
    newMacro,
    macroExecutions,
    macroExecution,
    macroDependencies,
    macro,
    editMacro,
    comparisons,
    newComparison,
    comparison,
    specialists,
    newSpecialist,
    findSpecialist,
    specialistListing,
    foreignCards,
    foreignCard,
    specialist,
    newSpecialistVersion,
    fallbacks,
    newFallback,
    fallback,
    editFallback,
    chaos,
    newExperiment,
    experiment,
    editExperiment,
    chaosRun,
    costs,
    slas,
    newSla,
    sla,
    editSla,
    slaReport,
    evidence,
    evidenceFramework,
    evidencePack,
    ledger,
    anchors,
    entry,
    entryOfEvent,
    approvals,
    judges,
    judge,
    arbitrations,
    arbitrationPolicies,
    arbitration,
    audits,
    arbitrationRules,
    drift,
    driftMethods,
    driftStream,
    amendments,
    amendment,
    documents,
    document,
    governanceRules,
    apiKeys,
    people,
    roles,
    masking,
    gateway,
    retention,
    privacy,
    webhooks,
    organization,
    account,
    causalTrace,
    connect,
  ]),
])

/** The pages and their addresses. `history` is the browser's unless a test brings its own. */
export function createAppRouter(queryClient: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    // What a page's reader of the address leaves out is gone, not handed on as it came.
    search: { strict: true },
    scrollRestoration: true,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: PagePending,
    defaultErrorComponent: RouteProblem,
    defaultNotFoundComponent: NotFoundPage,
    ...(history === undefined ? {} : { history }),
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
