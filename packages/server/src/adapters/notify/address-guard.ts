import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

/** The address must not be called: it lies in a network that is not the public one, and nobody allowed it. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

export interface AddressGuard {
  /** Resolves a host and returns one of its addresses; throws AddressRefused when any of them is not allowed. */
  resolve(host: string): Promise<{ readonly address: string; readonly family: 4 | 6 }>
}

/** IANA's special-purpose registries (IPv4 and IPv6): everything that is not globally reachable. */
const notPublic = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

/**
 * Keeps messages from being used to reach what only this server can reach (SSRF): addresses of people's own networks are
 * refused unless the configuration allows them. The address that was checked is the one that is called, so that a name
 * cannot point elsewhere a moment later.
 */
export function createAddressGuard(allowedNetworks: readonly string[]): AddressGuard {
  const blocked = blockListOf(notPublic)
  const allowed = blockListOf(allowedNetworks)
  const isAllowed = (address: string) => {
    const plain = unmapped(address)
    const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4'
    return !blocked.check(plain, family) || allowed.check(plain, family)
  }
  return {
    resolve: async (host) => {
      const bare = host.replace(/^\[|\]$/g, '')
      const found = isIP(bare) === 0 ? await lookup(bare, { all: true }) : [{ address: bare, family: isIP(bare) }]
      const refused = found.find(({ address }) => !isAllowed(address))
      const [first] = found
      if (refused !== undefined || first === undefined)
        throw new AddressRefused(
          `${host} is at ${refused?.address ?? 'no address'}, which is not on the public internet. An operator can allow its network with METAAGENT_ALLOWED_PRIVATE_NETWORKS.`,
        )
      return { address: first.address, family: first.family === 6 ? 6 : 4 }
    },
  }
}

/** An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`, also in hex) is judged as what it is. */
function unmapped(address: string): string {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (dotted !== undefined) return dotted
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address)
  if (hex === null) return address
  const [high, low] = [Number.parseInt(hex[1] ?? '0', 16), Number.parseInt(hex[2] ?? '0', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const version = isIP(address)
    if (version === 0) throw new Error(`"${network}" is no address or CIDR range`)
    const family = version === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(address, Number(prefix ?? (version === 6 ? 128 : 32)), family)
  }
  return list
}
