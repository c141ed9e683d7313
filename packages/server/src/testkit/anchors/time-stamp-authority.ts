import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TimeStampAuthority {
  readonly url: string
  /** The root certificate to which its stamps chain, PEM. */
  readonly caCertificate: string
  /** Checks a reply with openssl itself: what another program thinks of it. */
  check(reply: Uint8Array, data: string): boolean
  close(): Promise<void>
}

/** Whether this machine has `openssl ts`. */
export function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version']).status === 0
}

const settings = `
[ tsa ]
default_tsa = own
[ own ]
serial = $ENV::TSA_DIR/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ req ]
distinguished_name = dn
[ dn ]
[ ca_ext ]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[ tsa_ext ]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[ other_ext ]
extendedKeyUsage = critical,clientAuth
`

/** A time-stamping authority with a root of its own: `openssl ts` behind HTTP, as an authority's own server would be. */
export async function startTimeStampAuthority(): Promise<TimeStampAuthority> {
  const folder = mkdtempSync(join(tmpdir(), 'tsa-'))
  const env = { ...process.env, TSA_DIR: folder }
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, env, stdio: 'pipe' })
  writeFileSync(join(folder, 'tsa.cnf'), settings)
  writeFileSync(join(folder, 'serial'), '01\n')
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-config',
    'tsa.cnf',
    '-days',
    '3650',
  ]
  openssl(
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=Test root',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-extensions',
    'ca_ext',
  )
  openssl('req', ...key.slice(0, -2), '-subj', '/CN=Test TSA', '-keyout', 'tsa.key', '-out', 'tsa.csr')
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'tsa.cnf', '-days', '3650']
  openssl('x509', '-req', '-in', 'tsa.csr', ...signing, '-extensions', 'tsa_ext', '-out', 'tsa.pem')
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      writeFileSync(join(folder, 'query.tsq'), Buffer.concat(chunks))
      const signer = ['-signer', 'tsa.pem', '-inkey', 'tsa.key', '-config', 'tsa.cnf']
      openssl('ts', '-reply', '-queryfile', 'query.tsq', ...signer, '-out', 'reply.tsr')
      response.writeHead(200, { 'content-type': 'application/timestamp-reply' })
      response.end(readFileSync(join(folder, 'reply.tsr')))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the authority has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    caCertificate: readFileSync(join(folder, 'ca.pem'), 'utf8'),
    check: (reply, data) => {
      writeFileSync(join(folder, 'check.tsr'), reply)
      writeFileSync(join(folder, 'check.txt'), data)
      const args = ['ts', '-verify', '-data', 'check.txt', '-in', 'check.tsr', '-CAfile', 'ca.pem']
      return spawnSync('openssl', args, { cwd: folder, env }).status === 0
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true })
    },
  }
}
