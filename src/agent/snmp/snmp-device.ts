import { UNIDENTIFIED, type DeviceIdentity } from '../../protocol/device-identity';
import type { DeviceInformation } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { withTimeLimit } from '../../tunnel/time-limit';
import type { SnmpAccess } from '../configuration/snmp-access';
import { DeviceRefused, DeviceUnreachable, OperationUnsupported, type PastAlert } from '../device/device-access';
import type { KnownSetting, NewSettings, SettingRefusals, SettingsAccess } from '../device/known-setting';
import type { InformationAccess } from '../device/merged-device';
import { mapFor, readMeters, withoutMeters, type MeterMap } from './meter-map';
import { historyIn, informationIn, isPrinter, macIn } from './snmp-information';
import { readPrinterMib } from './printer-mib';
import { SnmpClient } from './snmp-client';
import { readSnmpSettings, writeSnmpSettings } from './snmp-settings';

/** Reads one device by SNMP, and sets what it permits to be set. */
export class SnmpDevice implements InformationAccess, SettingsAccess {
  /** From the latest answer to `information`. */
  identity: DeviceIdentity = UNIDENTIFIED;
  /** Counters of the latest answer that the objects of the vendor gave. */
  vendorCounters: ReadonlySet<string> = new Set();
  alertHistory: readonly PastAlert[] = [];

  /** @param maps of meters, the first that is for the device counts */
  constructor(
    private readonly access: SnmpAccess,
    private readonly maps: readonly MeterMap[],
  ) {}

  /** @throws DeviceUnreachable, DeviceRefused */
  async information(signal?: AbortSignal): Promise<DeviceInformation> {
    return this.inTime('read', signal, (client) => this.read(client));
  }

  /** @throws as above */
  async settings(signal?: AbortSignal): Promise<readonly KnownSetting[]> {
    const found = await this.inTime('read', signal, (client) => readSnmpSettings(client, this.access.writes));
    return found.map(({ known }) => known);
  }

  /** @throws as above; OperationUnsupported without a right to write in the configuration */
  async setSettings(wanted: NewSettings, signal?: AbortSignal): Promise<SettingRefusals> {
    if (!this.access.writes) throw new OperationUnsupported('the configuration gives no right to write by SNMP');
    const known = await this.inTime('read', signal, (client) => readSnmpSettings(client, true));
    return this.inTime('write', signal, (client) => writeSnmpSettings(client, wanted, known));
  }

  private async inTime<T>(
    purpose: 'read' | 'write',
    signal: AbortSignal | undefined,
    run: (client: SnmpClient) => Promise<T>,
  ): Promise<T> {
    const client = new SnmpClient(this.access, purpose);
    const late = () => new DeviceUnreachable(`the device did not answer by SNMP within ${LIMITS.DEVICE_ANSWER_MS} ms`);
    try {
      return await withTimeLimit(LIMITS.DEVICE_ANSWER_MS, signal, () => run(client), late);
    } finally {
      client.close();
    }
  }

  private async read(client: SnmpClient): Promise<DeviceInformation> {
    const readAt = new Date();
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
    this.alertHistory = historyIn(mib, readAt);
    this.identity = { ...UNIDENTIFIED, serialNumber, mac: macIn(mib) };
    return informationIn(mib, meters);
  }
}
