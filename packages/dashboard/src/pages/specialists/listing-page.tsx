import { Checkbox, TextInput } from '@mantine/core'
import type { SpecialistListing } from '@metaagent/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { specialistApi, specialistQueries } from '../../api/specialists.ts'
import { Actor } from '../../ui/actor.tsx'
import { GovernedSave } from '../../ui/governed-save.tsx'
import { MarkedWord } from '../../ui/mark.tsx'
import { Facts, PageHead, Panel, Placeholder } from '../../ui/page.tsx'
import { ProblemPanel } from '../../ui/problem-panel.tsx'
import { Instant } from '../../ui/value.tsx'
import classes from './specialists.module.css'
import { SpecialistTabs } from './tabs.tsx'

/** Whether the world may read the cards of active specialists. */
export function ListingPage() {
  const listing = useQuery({ ...specialistQueries.listing(), refetchOnWindowFocus: false })
  return (
    <>
      <PageHead
        title="Public listing"
        tab="Public listing"
        lead="Signed cards, server.json and a catalog of the active specialists, for whoever asks without a credential."
      />
      <SpecialistTabs />
      {listing.error !== null ? (
        <ProblemPanel error={listing.error} onRetry={() => void listing.refetch()} />
      ) : listing.data === undefined ? (
        <Placeholder height={280} />
      ) : (
        <div className={classes['columns']}>
          <Now listing={listing.data} />
          <Change key={listing.data.revision} listing={listing.data} />
        </div>
      )}
    </>
  )
}

function Now({ listing }: { readonly listing: SpecialistListing }) {
  const origin = new URL(listing.catalogUrl).origin
  const addresses = [
    listing.catalogUrl,
    ...(listing.isDeploymentDefault
      ? [`${origin}/.well-known/ai-catalog.json`, `${origin}/.well-known/agent-card.json`]
      : []),
  ]
  return (
    <Panel
      title="Now"
      actions={
        listing.isPublic ? <MarkedWord tone="healthy" word="public" /> : <MarkedWord tone="unknown" word="not public" />
      }
      testId="listing"
    >
      <Facts
        items={[
          ['Domain', listing.publisherDomain ?? 'none: addresses name the specialists'],
          [
            listing.isPublic ? 'Read at' : 'Would be read at',
            <ul key="addresses" className={classes['skills']}>
              {addresses.map((address) => (
                <li key={address} className="mono" style={{ overflowWrap: 'anywhere' }}>
                  {listing.isPublic ? <a href={address}>{address}</a> : address}
                </li>
              ))}
            </ul>,
            'wide',
          ],
          ['Changed', <Instant key="changed" at={listing.changedAt} precision="minute" why="Never yet." />],
          ['By', listing.changedBy === null ? 'nobody yet' : <Actor key="by" name={listing.changedBy} />],
        ]}
      />
    </Panel>
  )
}

function Change({ listing }: { readonly listing: SpecialistListing }) {
  const [isPublic, setIsPublic] = useState(listing.isPublic)
  const [domain, setDomain] = useState(listing.publisherDomain ?? '')
  const publisherDomain = domain.trim() === '' ? null : domain.trim().toLowerCase()
  return (
    <Panel title="Change it" note="Showing them to the world needs an approval; taking them back does not.">
      <div className={classes['form']}>
        <Checkbox
          label="Anybody may read the cards of active specialists"
          checked={isPublic}
          onChange={({ currentTarget }) => setIsPublic(currentTarget.checked)}
        />
        <TextInput
          label="Your own domain"
          description="Catalogs name your specialists by it: urn:air:example.com:agent:…"
          value={domain}
          onChange={({ currentTarget }) => setDomain(currentTarget.value)}
          maxLength={253}
          placeholder="example.com"
        />
        <GovernedSave
          isChanged={isPublic !== listing.isPublic || publisherDomain !== listing.publisherDomain}
          about="specialists"
          label="Save"
          save={(particulars) =>
            specialistApi.changeListing({ isPublic, publisherDomain, ...particulars }, listing.revision)
          }
        />
      </div>
    </Panel>
  )
}
