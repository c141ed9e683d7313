import { built, row, seedOf } from './seed-name.ts'

const folder = 'packages/server/src/slices/act/artifacts'
const compliance = 'packages/server/src/slices/govern/compliance'
const complianceTest = `${compliance}/slice.test.ts`
const auditor = `${compliance}/actions/auditor.ts`

const httpTest = 'packages/server/src/http/server.test.ts'
const specialistsTest = 'packages/server/src/slices/act/specialists/slice.test.ts'
const configTest = 'packages/server/src/app/config.test.ts'
const gatewayTest = 'packages/server/src/slices/act/gateway/model/route.test.ts'
const privilegedFile = 'packages/server/src/http/privileged-client.ts'
const privilegedTest = 'packages/server/src/http/privileged-client.test.ts'
const clientsTest = 'packages/server/src/app/metaqore-clients.test.ts'
const configFile = 'packages/server/src/app/config.ts'
const contractFile = 'packages/contract/src/artifacts.ts'
const psmpFile = `${folder}/model/psmp.ts`
const psmpTest = `${folder}/model/psmp.test.ts`
const artifactsTest = `${folder}/slice.test.ts`
const file = (path: string, test: string) => built(path, path, test)

const crud = (collection: string) => [
  `GET /api/v1/${collection}`,
  `POST /api/v1/${collection}`,
  `GET /api/v1/${collection}/{id}`,
  `PATCH /api/v1/${collection}/{id}`,
  `DELETE /api/v1/${collection}/{id}`,
]

/** MetaQore: the governance engine for what agents make. */
export const seed4 = seedOf(4, {
  'Core Capabilities': [
    ...['DRAFT', 'ACTIVE', 'ARCHIVED'].map((name) => row('value', name, built(contractFile, `'${name}'`, psmpTest))),
    ...['PUBLIC', 'INTERNAL', 'SENSITIVE', 'CRITICAL'].map((name) =>
      row('value', name, built('packages/contract/src/gateway.ts', `'${name}'`, gatewayTest)),
    ),
    row(
      'integration',
      'Specialist Management (HMCP)',
      built('packages/server/src/slices/act/specialists/index.ts', 'specialistsSlice', specialistsTest),
      'specialistsSlice',
    ),
    row('default', ':8001', built('packages/server/src/app/config.ts', 'default(8001)', configTest), 'port 8001'),
  ],
  'Project Structure': [
    row(
      'file',
      'metaqore/api/app.py',
      file('packages/server/src/http/server.ts', httpTest),
      'packages/server/src/http/server.ts',
    ),
    row('file', 'metaqore/api/middleware.py', file(privilegedFile, privilegedTest), privilegedFile),
    row(
      'file',
      'metaqore/api/dependencies.py',
      file('packages/server/src/ports/slice.ts', httpTest),
      'packages/server/src/ports/slice.ts',
    ),
    row(
      'file',
      'metaqore/api/schemas.py',
      file('packages/contract/src/index.ts', httpTest),
      'packages/contract/src/index.ts',
    ),
    row(
      'file',
      'metaqore/api/routes/artifacts.py',
      file(`${folder}/routes/artifacts.ts`, artifactsTest),
      `${folder}/routes/artifacts.ts`,
    ),
    row(
      'file',
      'metaqore/api/routes/governance.py',
      file(`${folder}/actions/resolve.ts`, artifactsTest),
      `${folder}/actions/resolve.ts`,
    ),
    row(
      'file',
      'metaqore/api/routes/health.py',
      file('packages/server/src/http/system.ts', httpTest),
      'packages/server/src/http/system.ts',
    ),
    row('file', 'metaqore/core/compliance_auditor.py', file(auditor, complianceTest), auditor),
    row('file', 'metaqore/core/models.py', file(contractFile, artifactsTest), contractFile),
    row(
      'file',
      'metaqore/storage/backend.py',
      file('packages/server/src/ports/store.ts', 'packages/server/src/adapters/sql/transaction.test.ts'),
      'packages/server/src/ports/store.ts',
    ),
    row(
      'file',
      'metaqore/storage/backends/sqlite.py',
      file('packages/server/src/adapters/pglite/open.ts', 'packages/server/src/adapters/pglite/pglite-store.test.ts'),
      'packages/server/src/adapters/pglite/open.ts',
    ),
    row(
      'file',
      'metaqore/config.py',
      file('packages/server/src/app/config.ts', configTest),
      'packages/server/src/app/config.ts',
    ),
    row('file', 'tests/unit/test_api_artifacts.py', file(artifactsTest, artifactsTest), artifactsTest),
    row(
      'file',
      'metaqore/api/routes/projects.py',
      file(`${folder}/routes/projects.ts`, artifactsTest),
      `${folder}/routes/projects.ts`,
    ),
    row(
      'file',
      'metaqore/api/routes/tasks.py',
      file(`${folder}/actions/tasks.ts`, artifactsTest),
      `${folder}/actions/tasks.ts`,
    ),
    row('file', 'metaqore/core/psmp_engine.py', file(psmpFile, psmpTest), psmpFile),
    row(
      'file',
      'metaqore/core/secure_gateway.py',
      file(
        'packages/server/src/slices/act/gateway/actions/secure-gateway.ts',
        'packages/server/src/slices/act/gateway/slice.test.ts',
      ),
      'packages/server/src/slices/act/gateway/actions/secure-gateway.ts',
    ),
    row(
      'file',
      'metaqore/core/state_manager.py',
      file(`${folder}/actions/state-manager.ts`, artifactsTest),
      `${folder}/actions/state-manager.ts`,
    ),
    row('file', 'tests/integration/test_streaming_integration.py', file(clientsTest, clientsTest), clientsTest),
    row('file', 'tests/unit/test_api_governance.py', file(artifactsTest, artifactsTest), artifactsTest),
    row('file', 'tests/unit/test_api_projects.py', file(artifactsTest, artifactsTest), artifactsTest),
    row('file', 'tests/unit/test_api_tasks.py', file(artifactsTest, artifactsTest), artifactsTest),
    row('file', 'API_REFERENCE.md', file('docs/API_REFERENCE.md', artifactsTest), 'docs/API_REFERENCE.md'),
    row('class', 'psmp_engine', built(psmpFile, 'PsmpEngine', psmpTest), 'PsmpEngine'),
    row(
      'class',
      'SecureGateway',
      built(
        'packages/server/src/slices/act/gateway/actions/secure-gateway.ts',
        'SecureGateway',
        'packages/server/src/slices/act/gateway/slice.test.ts',
      ),
    ),
    row('class', 'ComplianceAuditor', built(auditor, 'ComplianceAuditor', complianceTest)),
    row('class', 'StateManager', built(`${folder}/actions/state-manager.ts`, 'StateManager', artifactsTest)),
    ...['Project', 'Task', 'Artifact', 'Conflict', 'GovernanceMode'].map((name) =>
      row('type', name, built(contractFile, name, artifactsTest)),
    ),
    row('type', 'AuditLog', built('packages/contract/src/compliance.ts', 'AuditLog', complianceTest)),
  ],
  'REST API Overview: Projects': crud('projects').map((endpoint) =>
    row('endpoint', endpoint, built(`${folder}/routes/projects.ts`, endpoint, artifactsTest)),
  ),
  'REST API Overview: Tasks': [
    ...crud('tasks').map((endpoint) =>
      row('endpoint', endpoint, built(`${folder}/routes/projects.ts`, endpoint, artifactsTest)),
    ),
    row('value', '?project_id={id}', built(contractFile, 'project_id', artifactsTest), 'project_id'),
  ],
  'REST API Overview: Artifacts': crud('artifacts').map((endpoint) =>
    row('endpoint', endpoint, built(`${folder}/routes/artifacts.ts`, endpoint, artifactsTest)),
  ),
  'REST API Overview: Governance & Compliance': [
    ...[
      'GET /api/v1/governance/conflicts',
      'POST /api/v1/governance/conflicts/{id}/resolve',
      'GET /api/v1/governance/blocking-report',
    ].map((endpoint) => row('endpoint', endpoint, built(`${folder}/routes/artifacts.ts`, endpoint, artifactsTest))),
    ...['GET /api/v1/governance/compliance/export', 'GET /api/v1/governance/compliance/audit'].map((endpoint) =>
      row('endpoint', endpoint, built(`${compliance}/routes.ts`, endpoint, complianceTest)),
    ),
    row('type', 'ResolutionStrategy', built(contractFile, 'ResolutionStrategy', artifactsTest)),
    row(
      'value',
      '?format=json|csv',
      built('packages/contract/src/compliance.ts', "z.enum(['json', 'csv'])", complianceTest),
      "z.enum(['json', 'csv'])",
    ),
  ],
  'REST API Overview: Health': [
    row('endpoint', 'GET /api/v1/health', built('packages/server/src/http/system.ts', 'GET /api/v1/health', httpTest)),
  ],
  'Privileged Client Pattern': [
    row('header', 'X-MetaQore-Privileged', built(privilegedFile, 'X-MetaQore-Privileged', privilegedTest)),
    row('class', 'PrivilegedClientMiddleware', built(privilegedFile, 'PrivilegedClientMiddleware', privilegedTest)),
    row(
      'field',
      'HEADER_NAME',
      built(privilegedFile, 'PrivilegedClientMiddleware.headerName', clientsTest),
      'PrivilegedClientMiddleware.headerName',
    ),
    row(
      'method',
      '_is_privileged',
      built(privilegedFile, 'PrivilegedClientMiddleware.isPrivileged', privilegedTest),
      'PrivilegedClientMiddleware.isPrivileged',
    ),
    ...['LOW', 'MEDIUM'].map((name) => row('value', name, built(contractFile, `'${name}'`, psmpTest))),
    row(
      'endpoint',
      '/internal/*',
      built('packages/server/src/slices/act/gateway/routes/internal.ts', 'GET /internal/journal/lag', clientsTest),
      'GET /internal/journal/lag',
    ),
  ],
  'Next Immediate Actions': [
    ...[
      'METAQORE_API_KEY',
      'METAQORE_API_KEY_HEADER',
      'METAQORE_ENABLE_RATE_LIMIT',
      'METAQORE_RATE_LIMIT_PER_MINUTE',
      'METAQORE_RATE_LIMIT_BURST',
      'METAQORE_PRIVILEGED_TOKEN',
    ].map((name) => row('environment', name, built(configFile, name, configTest))),
    row('default', 'METAQORE_RATE_LIMIT_PER_MINUTE=120', built(configFile, 'isMetaQore ? 120', configTest)),
    row('default', 'METAQORE_RATE_LIMIT_BURST=240', built(configFile, 'isMetaQore ? 240', configTest)),
    row('header', 'Authorization', built('packages/server/src/http/credentials.ts', 'authorization', httpTest)),
    row('header', 'X-API-Key', built('packages/server/src/http/credentials.ts', 'x-api-key', httpTest)),
    row('file', '.git/hooks/pre-push', file('.githooks/pre-push', 'tools/ci.test.ts'), '.githooks/pre-push'),
    row('file', '.pre-commit-config.yaml', file('.githooks/pre-commit', 'tools/ci.test.ts'), '.githooks/pre-commit'),
    row('file', '.github/workflows/ci.yml', file('.github/workflows/ci.yml', 'tools/ci.test.ts')),
  ],
  'Integration with TerraQore': ['accepted', 'blocked', 'auto-resolved'].map((name) =>
    row('value', name, built(contractFile, `'${name}'`, artifactsTest)),
  ),
  'Current Priorities': [
    row('file', 'metaqore/Dockerfile', file('Dockerfile', 'tools/packaging.test.ts'), 'Dockerfile'),
    row('file', 'docker-compose.yml', file('compose.yaml', 'tools/packaging.test.ts'), 'compose.yaml'),
    row('file', 'CLI/Make targets', file('Makefile', 'packages/server/src/app/commands/audit.test.ts'), 'Makefile'),
  ],
})
