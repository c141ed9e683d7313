import { createHash } from 'node:crypto'
import nodemailer from 'nodemailer'
import type { Notice, Notified, NotifyRequest } from '../../ports/notifier.ts'
import type { AddressGuard } from './address-guard.ts'
import { plainText } from './plain-text.ts'

const alertsMax = 100
const timeoutMs = 15_000

/**
 * Sends by SMTP: any server, and SendGrid's relay (`smtp.sendgrid.net`, port 587, user `apikey`, the key as the secret).
 * The server's 5xx answers are final, 4xx and a broken connection are not (RFC 5321, 4.2.1).
 */
export async function sendMail(
  { target, notice, idempotencyKey }: NotifyRequest,
  guard: AddressGuard,
): Promise<Notified> {
  const { settings, secret } = target
  if (settings.kind !== 'email') return { kind: 'refused', detail: 'The channel is not for e-mail.', answer: null }
  const { address } = await guard.resolve(settings.host)
  const transport = nodemailer.createTransport({
    host: address,
    port: settings.port,
    secure: settings.security === 'tls',
    requireTLS: settings.security === 'starttls',
    ignoreTLS: settings.security === 'none',
    tls: { servername: settings.host },
    ...(settings.user === null ? {} : { auth: { user: settings.user, pass: secret ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    const sent = await transport.sendMail({
      from: settings.from,
      to: [...settings.to],
      subject: notice.title,
      text: plainText(notice, alertsMax),
      html: htmlOf(notice),
      messageId: messageIdOf(idempotencyKey),
      // Mail programs show the messages of a group as one conversation.
      ...(notice.groupKey === null ? {} : { references: messageIdOf(notice.groupKey) }),
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
    return { kind: 'delivered', detail: sent.response.slice(0, 300), reference: null, answer: answerOf(sent.response) }
  } catch (error) {
    return outcomeOf(error)
  } finally {
    transport.close()
  }
}

/** An SMTP reply: three digits, then words. */
function answerOf(response: string | undefined): Notified['answer'] {
  const status = /^\d{3}/.exec(response ?? '')
  return status === null || response === undefined ? null : { status: Number(status[0]), excerpt: response }
}

interface MailError {
  readonly responseCode?: number
  readonly response?: string
  readonly code?: string
  readonly message?: string
}

function outcomeOf(error: unknown): Notified {
  const { responseCode, response, code, message } = error as MailError
  const detail = `${code ?? 'SMTP'}: ${message ?? String(error)}`.slice(0, 500)
  const isFinal = code === 'EAUTH' || (responseCode !== undefined && responseCode >= 500)
  const answer = answerOf(response)
  return isFinal ? { kind: 'refused', detail, answer } : { kind: 'failed', detail, retryAfterMs: null, answer }
}

function messageIdOf(key: string): string {
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@metaagent>`
}

function htmlOf(notice: Notice): string {
  const alerts = notice.alerts.slice(0, alertsMax).map(
    (alert) =>
      `<li style="margin-bottom:10px"><strong>${alert.status === 'firing' ? 'FIRING' : 'resolved'}</strong> <a href="${escape(alert.url)}">${escape(alert.summary)}</a><br>${escape(
        Object.entries(alert.labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(', '),
      )}<br>${escape(alert.because)}</li>`,
  )
  const more = notice.firing + notice.resolved - alerts.length
  const sections = notice.sections.map(
    ({ heading, lines }) =>
      `<h3>${escape(heading)}</h3><ul>${lines.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>`,
  )
  return [
    `<div style="font-family:sans-serif;max-width:640px"><h2>${escape(notice.title)}</h2><p>${escape(notice.why)}</p>`,
    alerts.length === 0 ? '' : `<ul>${alerts.join('')}</ul>`,
    more > 0 && notice.status !== 'report' ? `<p>… and ${more} more.</p>` : '',
    ...sections,
    `<p style="color:#666">${escape(notice.severity)} · ${escape(notice.at)} · <a href="${escape(notice.url)}">open in MetaAgent</a></p></div>`,
  ].join('')
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
