import { DeviceRefused } from '../device/device-access';
import { below } from './object-identifier';
import type { SnmpClient, SnmpRows, SnmpValue } from './snmp-client';

const PRINTER_MIB = '1.3.6.1.2.1.43';
const HOST_RESOURCES = '1.3.6.1.2.1.25';
const SYSTEM = '1.3.6.1.2.1.1';
const INTERFACES = '1.3.6.1.2.1.2.2.1';

/** Tables of IF-MIB (RFC 2863), SNMPv2-MIB (RFC 3418), HOST-RESOURCES-MIB (RFC 2790) and Printer-MIB (RFC 3805): entry, and columns by name. */
export const TABLES = {
  system: [SYSTEM, { sysDescr: 1, sysObjectID: 2, sysUpTime: 3, sysContact: 4, sysName: 5, sysLocation: 6 }],
  hrDevice: [`${HOST_RESOURCES}.3.2.1`, { hrDeviceDescr: 3, hrDeviceStatus: 5 }],
  hrPrinter: [`${HOST_RESOURCES}.3.5.1`, { hrPrinterStatus: 1, hrPrinterDetectedErrorState: 2 }],
  general: [
    `${PRINTER_MIB}.5.1.1`,
    { prtGeneralCurrentLocalization: 2, prtGeneralPrinterName: 16, prtGeneralSerialNumber: 17 },
  ],
  localization: [`${PRINTER_MIB}.7.1.1`, { prtLocalizationCharacterSet: 4 }],
  cover: [`${PRINTER_MIB}.6.1.1`, { prtCoverDescription: 2, prtCoverStatus: 3 }],
  input: [
    `${PRINTER_MIB}.8.2.1`,
    {
      prtInputMaxCapacity: 9,
      prtInputCurrentLevel: 10,
      prtInputMediaName: 12,
      prtInputName: 13,
      prtInputDescription: 18,
    },
  ],
  output: [
    `${PRINTER_MIB}.9.2.1`,
    { prtOutputMaxCapacity: 4, prtOutputRemainingCapacity: 5, prtOutputName: 7, prtOutputDescription: 12 },
  ],
  marker: [`${PRINTER_MIB}.10.2.1`, { prtMarkerCounterUnit: 3, prtMarkerLifeCount: 4 }],
  supplies: [
    `${PRINTER_MIB}.11.1.1`,
    {
      prtMarkerSuppliesColorantIndex: 3,
      prtMarkerSuppliesClass: 4,
      prtMarkerSuppliesType: 5,
      prtMarkerSuppliesDescription: 6,
      prtMarkerSuppliesSupplyUnit: 7,
      prtMarkerSuppliesMaxCapacity: 8,
      prtMarkerSuppliesLevel: 9,
    },
  ],
  colorant: [`${PRINTER_MIB}.12.1.1`, { prtMarkerColorantValue: 4 }],
  console: [`${PRINTER_MIB}.16.5.1`, { prtConsoleDisplayBufferText: 2 }],
  alert: [
    `${PRINTER_MIB}.18.1.1`,
    { prtAlertSeverityLevel: 2, prtAlertGroup: 4, prtAlertCode: 7, prtAlertDescription: 8, prtAlertTime: 9 },
  ],
  interfaces: [INTERFACES, { ifType: 3, ifPhysAddress: 6 }],
} as const satisfies Record<string, readonly [entry: string, columns: Readonly<Record<string, number>>]>;

type TableName = keyof typeof TABLES;
type Row<T extends TableName> = Readonly<Record<keyof (typeof TABLES)[T][1], SnmpValue>> & { readonly index: string };
/** What a device has of the tables; a table that it fails at is empty. */
export type PrinterMib = { readonly [T in TableName]: readonly Row<T>[] };

/** Indexes of one printer start with its hrDeviceIndex. */
export const ofPrinter = <R extends { readonly index: string }>(rows: readonly R[], printer: string): readonly R[] =>
  rows.filter(({ index }) => index === printer || below(printer, index) !== undefined);

/**
 * Reads all tables, one after the other. A device that fails at one is read without it.
 * @throws DeviceUnreachable; DeviceRefused if it fails at all of them
 */
export async function readPrinterMib(client: SnmpClient): Promise<PrinterMib> {
  const failures: unknown[] = [];
  const read: Partial<Record<TableName, readonly Row<TableName>[]>> = {};
  for (const [name, [entry, columns]] of Object.entries(TABLES) as [TableName, (typeof TABLES)[TableName]][]) {
    const { rows } = await client
      .rows(Object.values(columns as Record<string, number>).map((column) => `${entry}.${column}`))
      .catch((error: unknown): SnmpRows => {
        if (!(error instanceof DeviceRefused && error.mayAnswerLess)) throw error;
        failures.push(error);
        return { rows: new Map(), isComplete: false };
      });
    const names = Object.keys(columns);
    read[name] = [...rows].map(([index, values]) => ({
      index,
      ...Object.fromEntries(names.map((each, position) => [each, values[position]])),
    }));
  }
  if (failures.length === Object.keys(TABLES).length) throw failures[0];
  return read as unknown as PrinterMib;
}
