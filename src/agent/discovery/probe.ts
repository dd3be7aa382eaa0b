import { LIMITS } from '../../protocol/limits';
import type { Device, DiscoverySettings } from '../configuration/configuration';
import { DeviceRefused, DeviceUnreachable } from '../device/device-access';
import { answerInTime } from '../device/device-answer';
import type { InformationAccess } from '../device/merged-device';
import { deviceAt } from './device-at';
import type { Sighting } from './sighting';

export interface ProbeOptions {
  readonly settings: Pick<DiscoverySettings, 'snmp'>;
  /** Reads what is at the addresses of a device, whichever device that is. */
  readonly read: (device: Device) => InformationAccess;
  readonly signal: AbortSignal;
}

const USUAL_IPP = { scheme: 'ipp', port: 631, path: '' } as const;
const UNNAMED = { id: 'found', name: 'found', kind: 'printer', model: '', serialNumber: '', location: '' } as const;

/**
 * Asks an address by IPP and SNMP whether it is a printer. Its web server may have the port of another program, so only what
 * DNS-SD has announced of it is used.
 * @param services where it is said to answer
 * @returns undefined: no printer answers there
 */
export async function probe(
  address: string,
  services: Sighting['services'],
  { settings, read, signal }: ProbeOptions,
): Promise<Sighting | undefined> {
  const { ipp = USUAL_IPP } = services;
  const access = read(deviceAt({ address, services: { ...services, ipp } }, UNNAMED, settings));
  try {
    const known = await answerInTime(LIMITS.PROBE_MS, signal, (until) => access.information(until));
    const isReadBy = (protocol: 'ipp' | 'snmp'): boolean => known.unanswered?.protocol !== protocol;
    return {
      address,
      identity: access.identity,
      model: known.model || access.identity.model,
      kind: (known.counters.scans ?? 0) > 0 || (known.counters.copies ?? 0) > 0 ? 'mfp' : 'printer',
      location: (known.details?.location ?? '').slice(0, 200),
      foundBy: (['ipp', 'snmp'] as const).filter(isReadBy),
      services: { ...(services.web && { web: services.web }), ...(isReadBy('ipp') && { ipp }) },
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DeviceUnreachable || error instanceof DeviceRefused) return undefined;
    throw error;
  }
}
