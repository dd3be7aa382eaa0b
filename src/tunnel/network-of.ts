import { isIPv6 } from 'node:net';

/** The network that limits apply to: an IPv4 address, or the /64 of an IPv6 address, which is assigned to one customer. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':').length : 0;
  if (tail !== undefined) while (groups.length + after < 8) groups.push('0');
  const prefix = [...groups, ...(tail ? tail.split(':') : [])].slice(0, 4);
  return `${prefix.map((group) => parseInt(group, 16).toString(16)).join(':')}::/64`;
}
