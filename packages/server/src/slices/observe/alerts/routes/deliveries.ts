import { AlertDelivery, AlertDeliveryPage, AlertDeliveryQuery, Uuid } from '@metaagent/contract'
import { z } from 'zod'
import { type Route, route } from '../../../../ports/slice.ts'
import { readDeliveries, readDelivery, sendAgain } from '../actions/deliveries.ts'

const tag = 'alerts'
const DeliveryPath = z.object({ alertDeliveryId: Uuid })

export const deliveryRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/alert-deliveries',
    access: 'alerts:read',
    tag,
    operationId: 'listAlertDeliveries',
    summary: 'The log of messages with every attempt, newest first',
    query: AlertDeliveryQuery,
    reply: AlertDeliveryPage,
    handle: (deps, { caller, query }) => readDeliveries(deps, caller, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/alert-deliveries/:alertDeliveryId',
    access: 'alerts:read',
    tag,
    operationId: 'getAlertDelivery',
    summary: 'One message with every attempt',
    params: DeliveryPath,
    reply: AlertDelivery,
    handle: (deps, { caller, params }) => readDelivery(deps, caller, params.alertDeliveryId),
  }),
  route({
    method: 'POST',
    path: '/api/v1/alert-deliveries/:alertDeliveryId/repetitions',
    access: 'channels:write',
    tag,
    operationId: 'repeatAlertDelivery',
    summary: 'Send a message again, as a new one',
    params: DeliveryPath,
    reply: AlertDelivery,
    status: 201,
    handle: (deps, { caller, params }) => sendAgain(deps, caller, params.alertDeliveryId),
  }),
]
