import { isIPv6 } from 'node:net';
import type { PairAddress } from './pair-rpc';

/** Placeholder for the number of the pair, from 1, in PLATEN_RELAY_PUBLIC_URL. */
export const PAIR_NUMBER = '{pair}';

/** The address that peers dial for a pair: from the URL template, the public port plus its number, or its own address. */
export function pairUrl(
  { publicUrl, tls }: { readonly publicUrl: string | undefined; readonly tls: object | undefined },
  pair: number,
  address: PairAddress,
): string {
  if (publicUrl?.includes(PAIR_NUMBER)) return publicUrl.replaceAll(PAIR_NUMBER, String(pair));
  if (publicUrl === undefined) {
    const { host, port } = address;
    return `${tls ? 'wss' : 'ws'}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  }
  if (pair === 1) return publicUrl;
  const url = new URL(publicUrl);
  url.port = String(portOf(url) + pair - 1);
  return url.href.replace(/\/+$/, '');
}

export const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'wss:' ? 443 : 80));
