import type { ChannelSettings, Labels } from '@metaagent/contract'

/** One alert as a message shows it. */
export interface NoticeAlert {
  readonly status: 'firing' | 'resolved'
  readonly severity: string
  readonly labels: Labels
  readonly summary: string
  readonly because: string
  /** ISO 8601. */
  readonly startsAt: string
  readonly endsAt: string | null
  readonly url: string
}

/** A message in no channel's dress; adapters cut it to what their channel takes. */
export interface Notice {
  readonly purpose: 'alert' | 'escalation' | 'daily' | 'weekly' | 'test' | 'recovery'
  readonly status: 'firing' | 'resolved' | 'report'
  readonly severity: 'info' | 'warning' | 'critical'
  /** One line of plain text. */
  readonly title: string
  /** Why it is sent, as a sentence. */
  readonly why: string
  /** Names the group for ever; null for reports and tests. */
  readonly groupKey: string | null
  readonly groupLabels: Labels
  readonly firing: number
  readonly resolved: number
  /** The most urgent ones; there may be more than are listed. */
  readonly alerts: readonly NoticeAlert[]
  /** Lines of a report: heading and text. */
  readonly sections: readonly { readonly heading: string; readonly lines: readonly string[] }[]
  readonly url: string
  /** ISO 8601. */
  readonly at: string
}

/** Where a message goes, with the opened secret. */
export interface NotifyTarget {
  readonly settings: ChannelSettings
  readonly secret: string | null
}

export interface NotifyRequest {
  readonly target: NotifyTarget
  readonly notice: Notice
  /** The same for every attempt at this message. */
  readonly idempotencyKey: string
  /** 1 for the first attempt: a later one may follow one whose answer got lost. */
  readonly attempt: number
  /** What an earlier message of the group left at the other side. */
  readonly reference: string | null
}

export type NotifyOutcome =
  | { readonly kind: 'delivered'; readonly detail: string; readonly reference: string | null }
  | { readonly kind: 'failed'; readonly detail: string; readonly retryAfterMs: number | null }
  | { readonly kind: 'refused'; readonly detail: string }

/** What the other side said last: its status (HTTP, SMTP) and the beginning of its words, without the channel's secret. */
export interface NotifyAnswer {
  readonly status: number
  readonly excerpt: string
}

/** How an attempt ended; `answer` is null when the other side said nothing. */
export type Notified = NotifyOutcome & { readonly answer: NotifyAnswer | null }

/** An alert in the form that an Alertmanager takes (API v2). */
export interface ForwardedAlert {
  readonly labels: Labels
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
  readonly generatorURL: string
}

/** Sends messages to people. Never throws for what the other side does; the outcome says whether trying again may help. */
export interface Notifier {
  send(request: NotifyRequest): Promise<Notified>
  /** Hands alerts to an Alertmanager. */
  forward(target: NotifyTarget, alerts: readonly ForwardedAlert[]): Promise<Notified>
}
