import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/** Whether an address lies in a network that this machine itself has an address in. */
export function isInOwnNetworks(
  host: string,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): boolean {
  const own = new BlockList();
  for (const { cidr, family } of Object.values(interfaces).flatMap((each) => each ?? [])) {
    const [network, bits] = (cidr ?? '').split('/');
    if (network && bits) own.addSubnet(network, Number(bits), family === 'IPv6' ? 'ipv6' : 'ipv4');
  }
  return own.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}
