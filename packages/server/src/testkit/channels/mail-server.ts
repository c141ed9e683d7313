import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'

export interface MailServer {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly mails: Email[]
  /** Refuses the next mail with this SMTP code. */
  refuseNext(code: number): void
  close(): Promise<void>
}

/** A real SMTP server with authentication and STARTTLS switched off, as a relay on the same machine. */
export async function startMailServer(): Promise<MailServer> {
  const mails: Email[] = []
  const [user, password] = ['apikey', 'SG.test-password']
  let refusal: number | null = null
  const server = new SMTPServer({
    authMethods: ['PLAIN', 'LOGIN'],
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: (auth, _session, done) => {
      if (auth.username === user && auth.password === password) done(null, { user })
      else done(Object.assign(new Error('Authentication failed'), { responseCode: 535 }))
    },
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const code = refusal
        refusal = null
        if (code !== null) {
          done(Object.assign(new Error('not now'), { responseCode: code }))
          return
        }
        void PostalMime.parse(Buffer.concat(chunks)).then((mail) => {
          mails.push(mail)
          done()
        })
      })
    },
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.server.address()
  if (address === null || typeof address === 'string') throw new Error('the mail server has no port')
  return {
    host: '127.0.0.1',
    port: address.port,
    user,
    password,
    mails,
    refuseNext: (code) => {
      refusal = code
    },
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}
