import {
  AlertChannel,
  AlertChannelList,
  AlertChannelOrder,
  ChannelSecretOrder,
  ChannelTestResult,
  Uuid,
} from '@metaagent/contract'
import { z } from 'zod'
import { ok } from '../../../../kernel/result.ts'
import { type Route, route } from '../../../../ports/slice.ts'
import {
  changeSecret,
  listChannels,
  readChannel,
  removeChannel,
  saveChannel,
  testChannel,
} from '../actions/channels.ts'

const tag = 'alerts'
const ChannelPath = z.object({ channelId: Uuid })

export const channelRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/alert-channels',
    access: 'alerts:read',
    tag,
    operationId: 'listAlertChannels',
    summary: 'Channels by name, without their secrets',
    reply: AlertChannelList,
    handle: async (deps, { caller }) => ok({ items: await listChannels(deps, caller) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/alert-channels',
    access: 'channels:write',
    tag,
    operationId: 'createAlertChannel',
    summary: 'Make a channel',
    body: AlertChannelOrder,
    reply: AlertChannel,
    status: 201,
    handle: (deps, { caller, body }) => saveChannel(deps, caller, null, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/alert-channels/:channelId',
    access: 'alerts:read',
    tag,
    operationId: 'getAlertChannel',
    summary: 'One channel, without its secret',
    params: ChannelPath,
    reply: AlertChannel,
    handle: (deps, { caller, params }) => readChannel(deps, caller, params.channelId),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/alert-channels/:channelId',
    access: 'channels:write',
    tag,
    operationId: 'changeAlertChannel',
    summary: 'Change a channel; without a secret it keeps the one that it has',
    params: ChannelPath,
    body: AlertChannelOrder,
    reply: AlertChannel,
    handle: (deps, { caller, params, body }) => saveChannel(deps, caller, params.channelId, body),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/alert-channels/:channelId',
    access: 'channels:write',
    tag,
    operationId: 'removeAlertChannel',
    summary: 'Remove a channel that no route names',
    params: ChannelPath,
    reply: z.object({ removed: z.literal(true) }),
    handle: (deps, { caller, params }) => removeChannel(deps, caller, params.channelId),
  }),
  route({
    method: 'POST',
    path: '/api/v1/alert-channels/:channelId/test',
    access: 'channels:write',
    tag,
    operationId: 'testAlertChannel',
    summary: 'Send a test and say what the other side answered',
    params: ChannelPath,
    reply: ChannelTestResult,
    handle: (deps, { caller, params }) => testChannel(deps, caller, params.channelId),
  }),
  route({
    method: 'POST',
    path: '/api/v1/alert-channels/:channelId/secret',
    access: 'channels:write',
    tag,
    operationId: 'changeAlertChannelSecret',
    summary: 'Give a channel another secret; the old one is forgotten at once',
    params: ChannelPath,
    body: ChannelSecretOrder,
    reply: AlertChannel,
    handle: (deps, { caller, params, body }) => changeSecret(deps, caller, params.channelId, body.secret),
  }),
]
