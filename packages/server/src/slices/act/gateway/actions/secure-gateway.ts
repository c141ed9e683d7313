import type { GatewayOrder } from '@metaagent/contract'
import type { z } from 'zod'
import type { Result } from '../../../../kernel/result.ts'
import type { Caller, Deps } from '../../../../ports/slice.ts'
import { type Placeholder, restorePlaceholders } from '../model/payload.ts'
import { type RoutedPayload, routePayload } from './route.ts'

/** The gateway as one caller uses it: routes payloads, and turns placeholders in answers back. */
export class SecureGateway {
  readonly #deps: Deps
  readonly #caller: Caller

  constructor(deps: Deps, caller: Caller) {
    this.#deps = deps
    this.#caller = caller
  }

  /** As `routePayload`. */
  route(order: z.output<typeof GatewayOrder>): Promise<Result<RoutedPayload>> {
    return routePayload(this.#deps, this.#caller, order)
  }

  /** As `restorePlaceholders`: for a model's answer to a redacted payload. */
  restore(text: string, placeholders: readonly Placeholder[]): string {
    return restorePlaceholders(text, placeholders)
  }
}
