import type { Target } from '../configuration/application';
import type { Device } from '../configuration/configuration';

/** Where a device is contacted for its information. */
export const hostOf = ({ ipp, snmp }: Pick<Device, 'ipp' | 'snmp'>): string | undefined => ipp?.host ?? snmp?.host;

/** The device with everything that it has at its host at another one; its display, which has a secret, stays where it is. */
export function movedTo(device: Device, host: string): Device {
  const from = hostOf(device);
  const { ipp, snmp, firmware } = device;
  const target = <T extends Target | undefined>(of: T): T =>
    of?.host === from ? { ...of, host, ...(of?.origin && { origin: withHost(of.origin, host) }) } : of;
  const application = (of: Device['applications'][number]): Device['applications'][number] => ({
    ...of,
    target: target(of.target),
    viewTarget: of.viewTarget && target(of.viewTarget),
    ...(of.origins && { origins: of.origins.map(target) }),
  });
  return {
    ...device,
    applications: device.applications.map(application),
    ipp: ipp && { ...ipp, host, uri: withHost(ipp.uri, host) },
    snmp: snmp?.host === from ? snmp?.at(host) : snmp,
    firmware: firmware?.host === from ? firmware && { ...firmware, host } : firmware,
  };
}

/** Of a URI with any scheme. */
const withHost = (uri: string, host: string): string =>
  uri.replace(/^(\w+:\/\/)[^/:]+/, (_, scheme: string) => scheme + host);

/**
 * Whether a device may be looked for at other addresses. A login goes only to a device whose key is verified, because any
 * device in the LAN can report the marks of another one.
 */
export const mayBeFollowed = ({ ipp, login }: Pick<Device, 'ipp' | 'login'>): boolean =>
  !login || (ipp?.tls === true && ipp.certificate !== 'any');
