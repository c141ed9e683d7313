import type { CSSProperties } from 'react'

// Drawn on a grid of 16, stroke 1.5, so that they sit well beside text of 13 and 14 px.
const shapes = {
  fleet: 'M2.5 12.5v-4M6.2 12.5v-9M9.8 12.5v-6M13.5 12.5V5',
  executions: 'M3 4h10M3 8h10M3 12h6',
  chat: 'M2.5 3h11v8H7l-3 2.5V11H2.5zM5 6h6M5 8.5h4',
  compare: 'M5.5 2.5v11M10.5 2.5v11M2.5 5.5h3M2.5 10.5h3M10.5 7h3M10.5 11h3',
  costs:
    'M8 1.5v13M11.2 4.6C10.6 3.7 9.5 3.2 8 3.2c-1.9 0-3.2.9-3.2 2.3 0 3.3 6.6 1.6 6.6 5 0 1.4-1.4 2.3-3.4 2.3-1.7 0-2.9-.6-3.5-1.6',
  ledger: 'M8 2v3M8 5 4.5 8.5M8 5l3.5 3.5M4.5 8.5V11M11.5 8.5V11M3 11h3v3H3zM10 11h3v3h-3z',
  approvals: 'M3 8.5 6.5 12 13 4.5',
  person: 'M8 2.5a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M2.5 14c.4-3 2.5-4.5 5.5-4.5s5.1 1.5 5.5 4.5',
  key: 'M10.5 2.5a3 3 0 1 1-2.6 4.5L3 12v1.5h2.5V12H7v-1.5l1.4-1.4M11 5.5h.01',
  connect: 'M6 10 10 6M5 7 3.4 8.6a2.8 2.8 0 0 0 4 4L9 11M11 9l1.6-1.6a2.8 2.8 0 0 0-4-4L7 5',
  sun: 'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6M8 1v1M8 14v1M1 8h1M14 8h1M3 3l.8.8M12.2 12.2l.8.8M13 3l-.8.8M3.8 12.2 3 13',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  system: 'M2 3h12v8H2zM5.5 14h5M8 11v3',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M8 4.8V8l2.2 1.6',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.5 10.5 14 14',
  download: 'M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  warning: 'M8 2 15 14H1zM8 6.5v3.5M8 12h.01',
  info: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M8 7.5V11M8 5h.01',
  right: 'M6 3.5 10.5 8 6 12.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  up: 'M3.5 10.5 8 6l4.5 4.5',
  external: 'M9 2.5h4.5V7M13.5 2.5 7.5 8.5M11.5 9.5v4h-9v-9h4',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  signOut: 'M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6',
  seal: 'M4 7V5.5a4 4 0 0 1 8 0V7M3 7h10v6.5H3z',
  shield: 'M8 1.8 13.5 4v4c0 3.2-2.2 5.3-5.5 6.3C4.7 13.3 2.5 11.2 2.5 8V4zM5.5 8l1.8 1.8L10.7 6.3',
  llm: 'M8 2l1.5 4.5L14 8l-4.5 1.5L8 14l-1.5-4.5L2 8l4.5-1.5z',
  tool: 'M9.5 6.5 3 13l-.8-.8M13.6 5.2a3.2 3.2 0 0 1-4.3 3.3M7.8 6.6a3.2 3.2 0 0 1 3.3-4.4L9.4 4l.5 2 2 .5z',
  retrieval:
    'M3 4c0-1 2.2-1.8 5-1.8S13 3 13 4v8c0 1-2.2 1.8-5 1.8S3 13 3 12zM3 4c0 1 2.2 1.8 5 1.8S13 5 13 4M3 8c0 1 2.2 1.8 5 1.8S13 9 13 8',
  agent: 'M4 6.5h8v6H4zM8 6.5V3.5M8 3.5h.01M6.3 9.3h.01M9.7 9.3h.01M2.5 9v2M13.5 9v2',
  embedding: 'M3 3h3v3H3zM10 3h3v3h-3zM3 10h3v3H3zM10 10h3v3h-3z',
  guardrail: 'M2.5 5.5h11M2.5 10.5h11M5 3v10M11 3v10',
  evaluation: 'M2.5 13.5V9M6.2 13.5V5M9.8 13.5V7.5M13.5 13.5V2.5M2 13.5h12',
  other: 'M8 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5',
  flag: 'M3.5 14V2.5h8l-1.8 3 1.8 3h-8',
  plus: 'M8 3v10M3 8h10',
  verdict: 'M2.5 2.5h11v8.5H8l-3 2.5V11H2.5zM5.5 6.8l1.8 1.8 3.4-3.6',
  scale: 'M8 2v11.5M5 13.5h6M2.8 4.5h10.4M3.5 4.5 1.5 9.5h4zM12.5 4.5l-2 5h4z',
  merge: 'M3 2.5c0 4.5 5 3.5 5 7.5M13 2.5c0 4.5-5 3.5-5 7.5v3.5M5.5 11 8 13.5l2.5-2.5',
  audit: 'M3.5 3.5h9v10.5h-9zM6 2h4v3H6zM5.8 9.2l1.6 1.6 2.9-3.1',
  drift: 'M1.5 11h3.5l2-2.5h2.5L12 4h2.5M1.5 5h2M5.5 5h2',
  refresh: 'M13.5 8A5.5 5.5 0 1 1 11.6 3.8M13.5 2v3h-3',
} as const

export type IconName = keyof typeof shapes

/** A small line drawing. Without a label it is decoration and hidden from screen readers. */
export function Icon({
  name,
  size = 16,
  label,
  style,
}: {
  readonly name: IconName
  readonly size?: number
  readonly label?: string
  readonly style?: CSSProperties
}) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      style={{ flex: 'none', ...style }}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    >
      <path d={shapes[name]} />
    </svg>
  )
}

/** The product's mark: an M whose lower middle is the proof that holds it. */
export function Logo({ size = 24 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" style={{ flex: 'none' }}>
      <rect width="32" height="32" rx="8" fill="#3846c9" />
      <path
        d="M7 22.5V9.5l9 8 9-8v13"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="16" cy="22.5" r="2" fill="#7fe0cc" />
    </svg>
  )
}
