import { Tabs } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { CopyButton } from '../../ui/copy-button.tsx'
import { PageHead, Panel } from '../../ui/page.tsx'
import classes from './connect-page.module.css'
import { type Snippet, snippets } from './snippets.ts'

/** How to point an agent at this server, with its own address already filled in. */
export function ConnectPage() {
  const [chosen, setChosen] = useState<Snippet['key']>('sdk')
  const all = snippets(window.location.origin)
  return (
    <>
      <PageHead
        title="Connect an agent in 60 seconds"
        tab="Connect"
        lead="Report through our SDK or a hook into your framework, or point what you have at the OpenTelemetry endpoint. No change to how your agent works."
      />
      <ol className={classes['steps']}>
        <li>
          <Panel title="Make a key">
            <p>
              <Link to="/settings/api-keys">Make an API key</Link> with the scope <code>telemetry:write</code> and set
              it where your agent runs:
            </p>
            <Code text={environment(window.location.origin)} what="the settings" />
          </Panel>
        </li>
        <li>
          <Panel title="Report what it does">
            <Tabs
              keepMounted={false}
              value={chosen}
              onChange={(key) => setChosen(all.find((known) => known.key === key)?.key ?? 'sdk')}
            >
              <Tabs.List aria-label="Way to report">
                {all.map(({ key, label }) => (
                  <Tabs.Tab key={key} value={key}>
                    {label}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              {all.map(({ key, lead, code }) => (
                <Tabs.Panel key={key} value={key} pt="sm">
                  <p>{lead}</p>
                  <Code text={code} what="the code" />
                </Tabs.Panel>
              ))}
            </Tabs>
          </Panel>
        </li>
        <li>
          <Panel title="See it here">
            <p>
              Run the agent once. It shows on <Link to="/fleet">the fleet page</Link> within a second, and its steps
              under <Link to="/executions">executions</Link>. Nothing is registered by hand.
            </p>
          </Panel>
        </li>
      </ol>
    </>
  )
}

function environment(origin: string): string {
  return `METAAGENT_URL=${origin}\nMETAAGENT_API_KEY=…`
}

function Code({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <div className={classes['code']}>
      <pre data-testid="snippet">{text}</pre>
      <CopyButton text={text} what={what} />
    </div>
  )
}
