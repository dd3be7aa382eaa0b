import { DEVICE_SETTINGS, SETTING_NAMES, type SettingName } from '../../protocol/device-settings';
import { LIMITS } from '../../protocol/limits';
import { DeviceRefused } from '../device/device-access';
import type { KnownSetting, NewSettings, SettingRefusals } from '../device/known-setting';
import { deviceText } from './device-text';
import type { SnmpClient } from './snmp-client';

/** Columns of SNMPv2-MIB `system` (RFC 3418) and prtGeneralTable (RFC 3805) with MAX-ACCESS read-write, as texts. */
const COLUMNS: Readonly<Record<string, string>> = {
  sysContact: '1.3.6.1.2.1.1.4',
  sysName: '1.3.6.1.2.1.1.5',
  sysLocation: '1.3.6.1.2.1.1.6',
  prtGeneralCurrentOperator: '1.3.6.1.2.1.43.5.1.1.4',
  prtGeneralServicePerson: '1.3.6.1.2.1.43.5.1.1.5',
  prtGeneralPrinterName: '1.3.6.1.2.1.43.5.1.1.16',
};
const BY_SNMP = SETTING_NAMES.flatMap((name): [SettingName, column: string][] => {
  const { snmp } = DEVICE_SETTINGS[name];
  return snmp === undefined ? [] : [[name, COLUMNS[snmp]!]];
});

/** A setting, and the object that it is at this device. */
interface FoundSetting {
  readonly known: KnownSetting;
  readonly oid: string;
}

/**
 * Reads the settings that a device has, each by a request of its own: the tables are short, and a device that fails at one
 * column has the others. @throws DeviceUnreachable, DeviceRefused
 */
export async function readSnmpSettings(client: SnmpClient, settable: boolean): Promise<FoundSetting[]> {
  const found: FoundSetting[] = [];
  for (const [name, column] of BY_SNMP) {
    const { rows } = await client.rows([column], 1).catch((error: unknown) => {
      if (error instanceof DeviceRefused && error.mayAnswerLess) return { rows: new Map<string, never[]>() };
      throw error;
    });
    const [index, values] = [...rows][0] ?? [];
    if (index === undefined || values?.[0] === undefined) continue;
    const value = deviceText(values[0], LIMITS.SETTING_CHARACTERS);
    found.push({ known: { name, value, source: 'snmp', settable, choices: [] }, oid: `${column}.${index}` });
  }
  return found;
}

/** @throws DeviceUnreachable; DeviceRefused if the device refuses the login */
export async function writeSnmpSettings(
  client: SnmpClient,
  wanted: NewSettings,
  known: readonly FoundSetting[],
): Promise<SettingRefusals> {
  const refusals = new Map<SettingName, string>();
  for (const [name, value] of wanted) {
    const at = known.find((each) => each.known.name === name);
    try {
      if (!at) throw new DeviceRefused('the device no longer has the object');
      await client.set(at.oid, value);
    } catch (error) {
      if (!(error instanceof DeviceRefused) || error.problem !== 'refused') throw error;
      refusals.set(name, error.message);
    }
  }
  return refusals;
}
