import { AnchorFailed, type Anchoring } from '../../ports/anchoring.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import { createAddressGuard } from '../notify/address-guard.ts'
import { callHttp, type HttpCall } from '../notify/http-call.ts'
import { keepInFolder } from './folder.ts'

export interface AnchoringOptions {
  readonly clock: Clock
  readonly random: Random
  /** CIDR ranges of private networks that may be called. */
  readonly allowedNetworks: readonly string[]
  /** Folder for anchors of the kind `file`; null: there are none. */
  readonly folder: string | null
}

/** Anchors over the network and in a folder. Libraries of a kind are loaded when one of it is used first. */
export function createAnchoring({ clock, random, allowedNetworks, folder }: AnchoringOptions): Anchoring {
  const guard = createAddressGuard(allowedNetworks)
  const call = async (asked: HttpCall) => {
    try {
      return await callHttp(guard, asked)
    } catch (error) {
      throw new AnchorFailed(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
  return {
    keep: async (place, item) => {
      switch (place.kind) {
        case 'file':
          return await keepInFolder(folder, item)
        case 's3': {
          const { keepInBucket } = await import('./bucket.ts')
          return await keepInBucket({ call, now: clock.now() }, place, item)
        }
        case 'rfc3161': {
          const { stampTime } = await import('./time-stamp.ts')
          return await stampTime({ call, nonce: random.bytes(8) }, place, item)
        }
      }
    },
    submit: async (url, body) => {
      const headers = { 'content-type': 'text/plain; charset=utf-8' }
      const { status, headers: answered, text } = await call({ method: 'POST', url, headers, body })
      return { status, contentType: answered['content-type'] ?? '', text }
    },
  }
}

export type Call = (asked: HttpCall) => ReturnType<typeof callHttp>
