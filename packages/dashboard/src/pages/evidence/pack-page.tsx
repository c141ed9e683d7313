import { Button } from '@mantine/core'
import type { EvidencePack } from '@metaagent/contract'
import { canonicalJson, type JsonValue, type VerifiedEvidencePack, verifyEvidencePack } from '@metaagent/verify'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { complianceQueries, packAddress } from '../../api/compliance.ts'
import { plural } from '../../format/number.ts'
import { MarkedWord } from '../../ui/mark.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import { Controls } from './controls.tsx'
import classes from './evidence.module.css'
import { StateCounts } from './state-counts.tsx'

/** A stored pack as it was made, checked by this browser with the code that auditors run. Made to be printed. */
export function PackPage() {
  const { packId } = useParams({ from: '/inside/evidence/packs/$packId' })
  const pack = useQuery(complianceQueries.pack(packId))
  const name = pack.data?.framework.name
  return (
    <>
      <PageHead
        title={name === undefined ? 'Evidence pack' : `Evidence pack: ${name}`}
        tab="Evidence pack"
        lead={
          pack.data === undefined ? null : (
            <Link to="/evidence/$framework" params={{ framework: pack.data.framework.id }} search={{}}>
              The framework now
            </Link>
          )
        }
      >
        <div className={classes['buttons']}>
          <Button component="a" href={packAddress(packId)} download={`evidence-${packId}.json`} variant="default">
            Download
          </Button>
          <Button onClick={() => window.print()}>Print</Button>
        </div>
      </PageHead>
      {pack.error !== null ? (
        <ProblemPanel error={pack.error} onRetry={() => void pack.refetch()} />
      ) : pack.data === undefined ? (
        <Placeholder height="60vh" />
      ) : (
        <Whole pack={pack.data} />
      )}
    </>
  )
}

function Whole({ pack }: { readonly pack: EvidencePack }) {
  const { from, to, createdAt, createdBy, entries, treeSize, limits, checkpoint, controls, framework } = pack
  return (
    <div className={classes['parts']}>
      <Panel title="In this period">
        <StateCounts {...pack} />
        <Facts
          items={[
            ['Text', framework.edition, 'wide'],
            ['From', <Instant key="from" at={from} precision="minute" />],
            ['Until', <Instant key="to" at={to} precision="minute" />],
            ['Made', <Instant key="made" at={createdAt} precision="minute" />],
            ['By', createdBy, 'wide'],
            ['Proven', `${plural(entries.length, 'entry', 'entries')} of ${treeSize}`],
          ]}
        />
        <ul className={classes['limits']}>
          {limits.map((limit) => (
            <li key={limit} className="soft">
              {limit}
            </li>
          ))}
        </ul>
      </Panel>
      <Check pack={pack} />
      <Panel title="Controls" note={plural(controls.length, 'control')}>
        <Controls controls={controls} />
      </Panel>
      <Panel title="Checkpoint" note="Signed by the ledger; every entry above is proven against it.">
        <pre className={classes['note']}>{checkpoint}</pre>
      </Panel>
    </div>
  )
}

function Check({ pack }: { readonly pack: EvidencePack }) {
  const check = useQuery({
    queryKey: ['compliance', 'check', pack.packId],
    queryFn: () => verifyEvidencePack(canonicalJson(pack as unknown as JsonValue)),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Panel title="Checked here" note="By this browser, with the code that auditors run offline." testId="pack-check">
      {check.error !== null ? (
        <p>This browser cannot check signatures. Download the file and run metaagent-verify.</p>
      ) : check.data === undefined ? (
        <Placeholder height={40} label="Checking every proof" />
      ) : check.data.ok ? (
        <Verified verified={check.data.value} />
      ) : (
        <p>
          <MarkedWord tone="failing" word="refused" filled /> {check.data.fault.detail}
        </p>
      )}
    </Panel>
  )
}

function Verified({ verified }: { readonly verified: VerifiedEvidencePack }) {
  return (
    <p>
      <MarkedWord tone="healthy" word="verified" filled /> {plural(verified.entries, 'entry', 'entries')} proven against
      the checkpoint of {plural(verified.checkpoint.size, 'entry', 'entries')}; each shows what it is listed for. The
      key is the one named in the file: hold it against the one your auditor has.
    </p>
  )
}
