import type { Device, DiscoverySettings } from '../configuration/configuration';
import { device } from '../configuration/device-fields';
import type { Sighting } from './sighting';

type Place = Pick<Sighting, 'address' | 'services'>;
type Named = Pick<Device, 'id' | 'name' | 'kind' | 'model' | 'serialNumber' | 'location'>;

/**
 * A found device with the fields of a configured one, by the same rules: IPP if it has any, SNMP, its web pages, no login, and
 * the operations that are permitted by default. With TLS, any key is accepted, because nothing secret is sent.
 */
export function deviceAt(
  { address, services }: Place,
  named: Named,
  { snmp }: Pick<DiscoverySettings, 'snmp'>,
): Device {
  const { ipp, web = { scheme: 'http', port: 80 } } = services;
  const { origin } = new URL(`${web.scheme}://${address}:${web.port}`);
  const others = [`http://${address}`, `https://${address}`].filter((each) => each !== origin);
  const { login: _none, ...fields } = device.parse({
    ...named,
    ...(ipp && { ipp: `${ipp.scheme}://${address}:${ipp.port}${ipp.path && `/${ipp.path}`}` }),
    ...(ipp?.scheme === 'ipps' && { certificate: 'any' }),
    snmp: { host: address },
    applications: [{ id: 'web', title: 'Web pages', target: origin, origins: others }],
  });
  return { ...fields, snmp: snmp.at(address) };
}
