import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import { proxyMatcher } from '../../../tunnel/reverse-proxies';

/** Addresses that are not public: IANA's registries of special-purpose addresses (RFC 6890), and multicast. */
const SPECIAL = new BlockList();
for (const network of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]) {
  const [address = '', prefix] = network.split('/');
  SPECIAL.addSubnet(address, Number(prefix), 'ipv4');
}
/** All of IPv6 that is public is within 2000::/3; these parts of it are not, or carry addresses of IPv4. */
const GLOBAL = new BlockList();
GLOBAL.addSubnet('2000::', 3, 'ipv6');
for (const [address, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  SPECIAL.addSubnet(address, prefix, 'ipv6');

const isPublic = (address: string): boolean =>
  isIPv6(address)
    ? GLOBAL.check(address, 'ipv6') && !SPECIAL.check(address, 'ipv6')
    : isIP(address) === 4 && !SPECIAL.check(address, 'ipv4');

export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  constructor(host: string) {
    super(`${host} is not a public address; administrators of the server can permit it with PLATEN_WEBHOOK_NETWORKS`);
  }
}

/**
 * The addresses to which webhooks may be sent: public ones, and those that the server's settings name. A name is resolved
 * and checked for each connection, because it may have another address than before (DNS rebinding).
 */
export class PermittedAddresses {
  private readonly isNamed: (address: string) => boolean;

  /** @param networks as parsed by `proxySetting` */
  constructor(networks: readonly string[]) {
    this.isNamed = proxyMatcher(networks);
  }

  /** Of a URL whose host is an address, for which no connection looks anything up. @throws AddressRefused */
  check(hostname: string): void {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(host) !== 0 && !this.permits(host)) throw new AddressRefused(host);
  }

  /** Replaces the `lookup` of a connection: answers with permitted addresses only. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    const all: LookupOptions & { all: true } = { ...options, all: true };
    resolve(host, all, (error, found: LookupAddress[] = []) => {
      const permitted = found.filter(({ address }) => this.permits(address));
      const refusal = error ?? (permitted.length === 0 ? new AddressRefused(host) : null);
      if (refusal) return callback(refusal, '');
      if (options.all) return callback(null, permitted);
      callback(null, permitted[0]!.address, permitted[0]!.family);
    });
  };

  private permits(address: string): boolean {
    return isPublic(address) || this.isNamed(address);
  }
}
