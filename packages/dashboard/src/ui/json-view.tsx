import type { JsonValue } from '@metaagent/contract'
import { type ReactNode, useState } from 'react'
import { formatCount } from '../format/number.ts'
import { chatOf } from './chat.ts'
import { CopyButton } from './copy-button.tsx'
import classes from './json-view.module.css'

const SHOWN = 20_000

/** What went in or came out: a conversation as one, a text as a text, everything else as JSON. Long ones are cut at first. */
export function JsonView({ value, what }: { readonly value: JsonValue; readonly what: string }) {
  const chat = chatOf(value)
  return (
    <div className={classes['view']}>
      <div className={classes['copy']}>
        <CopyButton text={typeof value === 'string' ? value : JSON.stringify(value, null, 2)} what={what} />
      </div>
      {chat === null ? (
        <Long
          text={typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
          plain={typeof value === 'string'}
        />
      ) : (
        <ol className={classes['chat']}>
          {chat.map((message, place) => (
            // Messages have no identity besides their place in the conversation.
            <li key={`${place} ${message.role}`} data-role={message.role}>
              <span className={classes['role']}>{message.role}</span>
              <Long text={message.text} plain />
            </li>
          ))}
        </ol>
      )}
    </div>
  )
}

function Long({ text, plain }: { readonly text: string; readonly plain: boolean }) {
  const [whole, setWhole] = useState(false)
  const shown = whole || text.length <= SHOWN ? text : text.slice(0, SHOWN)
  return (
    <>
      <pre className={classes['text']} data-plain={plain}>
        {plain ? shown : coloured(shown)}
      </pre>
      {shown.length === text.length ? null : (
        <button type="button" className={classes['more']} onClick={() => setWhole(true)}>
          Show all {formatCount(text.length)} characters
        </button>
      )}
    </>
  )
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

function coloured(json: string): ReactNode[] {
  const parts: ReactNode[] = []
  let from = 0
  for (const match of json.matchAll(TOKEN)) {
    const [token, text, colon] = match
    const kind = text === undefined ? 'literal' : colon === undefined ? 'string' : 'key'
    parts.push(
      json.slice(from, match.index),
      <span key={match.index} className={classes[kind]}>
        {token}
      </span>,
    )
    from = match.index + token.length
  }
  return [...parts, json.slice(from)]
}
