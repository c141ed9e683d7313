import type { Notice } from '../../ports/notifier.ts'

/** The message as lines of plain text (or Markdown: it uses nothing but dashes), at most `alertsMax` alerts. */
export function plainText(notice: Notice, alertsMax: number): string {
  const listed = notice.alerts.slice(0, alertsMax)
  const more = notice.firing + notice.resolved - listed.length
  const alerts = listed.flatMap((alert) => [
    `- ${alert.status === 'firing' ? 'FIRING' : 'resolved'}: ${alert.summary}`,
    `  ${Object.entries(alert.labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ')}`,
    `  ${alert.because}`,
    `  ${alert.url}`,
  ])
  const sections = notice.sections.flatMap(({ heading, lines }) => ['', heading, ...lines.map((line) => `- ${line}`)])
  return [
    notice.title,
    notice.why,
    '',
    ...alerts,
    ...(more > 0 && notice.status !== 'report' ? [`… and ${more} more.`] : []),
    ...sections,
    '',
    `${notice.severity}, ${notice.at}`,
    notice.url,
  ].join('\n')
}
