import type { IppAddress } from '../configuration/device-address';
import { DeviceRefused } from './device-access';

/** Where printers have their IPP, for an address without a path (PWG 5100.14 4.4; the others are those of older devices). */
const USUAL_PATHS = ['/ipp/print', '/ipp', '/ipp/printer', '/ipp/port1', '/'];

/** Where the printer of a configured address may be. */
export function placesOf(address: IppAddress): IppAddress[] {
  if (address.path !== '' && address.path !== '/') return [address];
  const paths = address.path === '/' ? ['/', ...USUAL_PATHS.filter((path) => path !== '/')] : USUAL_PATHS;
  return paths.map((path) => ({ ...address, path, uri: new URL(path, address.uri).href }));
}

/** The device wants the request elsewhere: a redirection (RFC 9110 15.4), or 426 for TLS (RFC 2817 4.2). */
export class Moved extends Error {
  override readonly name = 'Moved';

  constructor(
    readonly status: number,
    readonly location: string | undefined,
  ) {
    super(`HTTP ${status}`);
  }
}

/**
 * Where a request goes after `Moved`: only to the same host, and never from TLS to clear text. A device that asks for TLS
 * proves no key, unless the configuration pins one.
 * @throws DeviceRefused
 */
export function placeAfter(place: IppAddress, { status, location }: Moved): IppAddress {
  if (status === 426) {
    if (place.tls) throw new DeviceRefused('the device requires another kind of TLS (HTTP 426)', REFUSED_TLS);
    return { ...place, tls: true, certificate: place.certificate ?? 'any', uri: uriOf({ ...place, tls: true }) };
  }
  const base = `${place.tls ? 'https' : 'http'}://${hostOf(place)}:${place.port}${place.path}`;
  const url = location !== undefined && URL.canParse(location, base) ? new URL(location, base) : undefined;
  const port = url && (Number(url.port) || PORTS[url.protocol]);
  if (!url || !port)
    throw new DeviceRefused(`the device redirects to no address (HTTP ${status})`, { problem: 'wrong-path' });
  const tls = ['https:', 'ipps:'].includes(url.protocol);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host.toLowerCase() !== place.host.toLowerCase())
    throw new DeviceRefused(`the device redirects to another host, ${host.slice(0, 100)} (HTTP ${status})`, {
      problem: 'wrong-path',
    });
  if (place.tls && !tls) throw new DeviceRefused('the device redirects from TLS to clear text', REFUSED_TLS);
  const next = { ...place, tls, port, path: `${url.pathname || '/'}${url.search}` };
  const certificate = place.certificate ?? (tls && !place.tls ? 'any' : undefined);
  return { ...next, certificate, uri: uriOf(next) };
}

const REFUSED_TLS = { problem: 'tls-failed' } as const;
const PORTS: Readonly<Record<string, number>> = { 'ipp:': 631, 'ipps:': 631, 'http:': 80, 'https:': 443 };

const hostOf = ({ host }: { host: string }): string => (host.includes(':') ? `[${host}]` : host);
const uriOf = (place: Pick<IppAddress, 'host' | 'port' | 'path' | 'tls'>): string =>
  `${place.tls ? 'ipps' : 'ipp'}://${hostOf(place)}:${place.port}${place.path}`;
