import { UNIDENTIFIED, type DeviceIdentity } from '../../protocol/device-identity';
import type { DeviceInformation } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { withTimeLimit } from '../../tunnel/time-limit';
import type { SnmpAccess } from '../configuration/snmp-access';
import { DeviceRefused, DeviceUnreachable } from '../device/device-access';
import type { InformationAccess } from '../device/merged-device';
import { mapFor, readMeters, withoutMeters, type MeterMap } from './meter-map';
import { isPrinter, informationIn, macIn } from './snmp-information';
import { readPrinterMib } from './printer-mib';
import { SnmpClient } from './snmp-client';

/** Reads one device by SNMP. */
export class SnmpDevice implements InformationAccess {
  /** From the latest answer to `information`. */
  identity: DeviceIdentity = UNIDENTIFIED;
  /** Counters of the latest answer that the objects of the vendor gave. */
  vendorCounters: ReadonlySet<string> = new Set();

  /** @param maps of meters, the first that is for the device counts */
  constructor(
    private readonly access: SnmpAccess,
    private readonly maps: readonly MeterMap[],
  ) {}

  /** @throws DeviceUnreachable, DeviceRefused */
  async information(signal?: AbortSignal): Promise<DeviceInformation> {
    const client = new SnmpClient(this.access);
    const late = () => new DeviceUnreachable(`the device did not answer by SNMP within ${LIMITS.DEVICE_ANSWER_MS} ms`);
    try {
      return await withTimeLimit(LIMITS.DEVICE_ANSWER_MS, signal, () => this.read(client), late);
    } finally {
      client.close();
    }
  }

  private async read(client: SnmpClient): Promise<DeviceInformation> {
    const mib = await readPrinterMib(client);
    if (!isPrinter(mib))
      throw new DeviceRefused('the device answers by SNMP, but has no Printer-MIB (RFC 3805)', {
        problem: 'not-a-printer',
      });
    const { model, serialNumber, details } = informationIn(mib, {});
    const objectId = mib.system[0]?.sysObjectID;
    const map = mapFor(this.maps, typeof objectId === 'string' ? objectId : '', [
      model,
      details?.printerName ?? '',
      details?.description ?? '',
    ]);
    const meters = map ? await readMeters(map, client).catch(withoutMeters) : {};
    this.vendorCounters = new Set(Object.keys(meters));
    this.identity = { ...UNIDENTIFIED, serialNumber, mac: macIn(mib) };
    return informationIn(mib, meters);
  }
}
