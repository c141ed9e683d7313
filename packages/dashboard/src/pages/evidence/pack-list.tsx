import type { EvidencePackSummary } from '@metaagent/contract'
import { Link } from '@tanstack/react-router'
import { packAddress } from '../../api/compliance.ts'
import { Instant } from '../../ui/value.tsx'
import classes from './evidence.module.css'
import { StateCounts } from './state-counts.tsx'

/** Stored packs with their digests; each can be looked at, downloaded, and found in the ledger. */
export function PackList({ packs }: { readonly packs: readonly EvidencePackSummary[] }) {
  return (
    <ul className={classes['packs']}>
      {packs.map(({ packId, from, to, createdAt, covered, gaps, outside, eventId }) => (
        <li key={packId} data-testid="pack">
          <div>
            <Link to="/evidence/packs/$packId" params={{ packId }}>
              Made <Instant at={createdAt} precision="minute" />
            </Link>
            <div className="soft">
              <Instant at={from} precision="minute" /> to <Instant at={to} precision="minute" />
            </div>
          </div>
          <StateCounts covered={covered} gaps={gaps} outside={outside} />
          <span className={classes['entries']}>
            <a href={packAddress(packId)} download={`evidence-${packId}.json`}>
              Download
            </a>
            <Link to="/ledger/events/$eventId" params={{ eventId }}>
              In the ledger
            </Link>
          </span>
        </li>
      ))}
    </ul>
  )
}
