import {
  Project,
  ProjectOrder,
  ProjectPage,
  ProjectPatch,
  ProjectQuery,
  Task,
  TaskOrder,
  TaskPage,
  TaskPatch,
  TaskQuery,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../../ports/slice.ts'
import { changeProject, createProject, listProjects, readProject, removeProject } from '../actions/projects.ts'
import { changeTask, createTask, listTasks, readTask, removeTask } from '../actions/tasks.ts'

const read = { tag: 'artifacts', access: 'artifacts:read' } as const
const write = { tag: 'artifacts', access: 'artifacts:write' } as const
const oneProject = z.object({ projectId: Uuid })
const oneTask = z.object({ taskId: Uuid })
const once = 'Send an `Idempotency-Key` and sending it again creates nothing: it answers what the first did.'
const matching = 'Needs `If-Match` with the `ETag` that was read: 428 without, 412 when it has changed since.'

export const projectRoutes: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/projects',
    operationId: 'listProjects',
    summary: 'Projects, the newest first',
    query: ProjectQuery,
    reply: ProjectPage,
    handle: (deps, { caller, query }) => listProjects(deps, caller, query),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/projects',
    operationId: 'createProject',
    summary: 'Make a project',
    description: once,
    body: ProjectOrder,
    reply: Project,
    status: 201,
    handle: (deps, { caller, body, headers }) => createProject(deps, caller, body, headers),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/projects/:projectId',
    operationId: 'getProject',
    summary: 'One project, with its `ETag`',
    params: oneProject,
    reply: Project,
    handle: (deps, { caller, params }) => readProject(deps, caller, params.projectId),
  }),
  route({
    ...write,
    method: 'PATCH',
    path: '/api/v1/projects/:projectId',
    operationId: 'changeProject',
    summary: 'Change a project that was read',
    description: matching,
    params: oneProject,
    body: ProjectPatch,
    reply: Project,
    handle: (deps, { caller, params, body, headers }) =>
      changeProject(deps, caller, params.projectId, { patch: body, headers }),
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/api/v1/projects/:projectId',
    operationId: 'removeProject',
    summary: 'Archive a project with its tasks and artifacts; what was recorded stays readable',
    description: matching,
    params: oneProject,
    reply: z.null(),
    status: 204,
    handle: (deps, { caller, params, headers }) => removeProject(deps, caller, params.projectId, headers),
  }),
]

export const taskRoutes: readonly Route[] = [
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/tasks',
    operationId: 'listTasks',
    summary: 'Tasks, the newest first; of one project with `project_id`',
    query: TaskQuery,
    reply: TaskPage,
    handle: (deps, { caller, query }) => listTasks(deps, caller, query),
  }),
  route({
    ...write,
    method: 'POST',
    path: '/api/v1/tasks',
    operationId: 'createTask',
    summary: 'Add a task to a project',
    description: once,
    body: TaskOrder,
    reply: Task,
    status: 201,
    handle: (deps, { caller, body, headers }) => createTask(deps, caller, body, headers),
  }),
  route({
    ...read,
    method: 'GET',
    path: '/api/v1/tasks/:taskId',
    operationId: 'getTask',
    summary: 'One task, with its `ETag`',
    params: oneTask,
    reply: Task,
    handle: (deps, { caller, params }) => readTask(deps, caller, params.taskId),
  }),
  route({
    ...write,
    method: 'PATCH',
    path: '/api/v1/tasks/:taskId',
    operationId: 'changeTask',
    summary: 'Change a task that was read',
    description: matching,
    params: oneTask,
    body: TaskPatch,
    reply: Task,
    handle: (deps, { caller, params, body, headers }) =>
      changeTask(deps, caller, params.taskId, { patch: body, headers }),
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/api/v1/tasks/:taskId',
    operationId: 'removeTask',
    summary: 'Remove a task; artifacts that were made for it stay',
    description: matching,
    params: oneTask,
    reply: z.null(),
    status: 204,
    handle: (deps, { caller, params, headers }) => removeTask(deps, caller, params.taskId, headers),
  }),
]
