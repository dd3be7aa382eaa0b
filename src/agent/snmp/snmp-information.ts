import {
  COVERS,
  DISPLAY_LINES,
  INPUTS,
  OUTPUTS,
  type Counters,
  type DeviceDetails,
  type DeviceInformation,
  type DeviceState,
} from '../../protocol/device-information';
import { contentsOf } from '../device/supplies';
import { deviceText } from './device-text';
import { ofPrinter, type PrinterMib } from './printer-mib';
import type { PastAlert } from '../device/device-access';
import { alertHistoryIn, alertsIn, errorsIn } from './snmp-alerts';
import type { SnmpValue } from './snmp-client';
import { suppliesIn } from './snmp-supplies';

const LABEL = 60;

/** prtMarkerCounterUnit of counters that are no lengths and no hours. */
const UNITS: Readonly<Record<number, string>> = { 7: 'impressions', 8: 'media-sheets' };
/** hrPrinterStatus: other (with hrDeviceStatus `running`: standby), unknown, idle, printing, warmup. */
const STATES: Readonly<Record<number, DeviceState>> = { 1: 'idle', 3: 'idle', 4: 'processing', 5: 'processing' };
const DOWN = 5;
/** prtCoverStatus: coverOpen, coverClosed, interlockOpen, interlockClosed. */
const COVER_OPEN: Readonly<Record<number, boolean>> = { 3: true, 4: false, 5: true, 6: false };

/** Whether anything of a printer was read. */
export const isPrinter = ({ hrPrinter, general, marker, supplies }: PrinterMib): boolean =>
  [hrPrinter, general, marker, supplies].some((rows) => rows.length > 0);

/** ifType: ethernetCsmacd, ieee80211. */
const NETWORKS = [6, 71];

/** Of the first interface with the address of one station; empty if there is none. */
export function macIn({ interfaces }: PrinterMib): string {
  const addresses = interfaces
    .filter(({ ifType }) => NETWORKS.includes(Number(ifType)))
    .map(({ ifPhysAddress }) => (Buffer.isBuffer(ifPhysAddress) ? ifPhysAddress : Buffer.alloc(0)));
  const own = addresses.find((each) => each.length === 6 && each.some((byte) => byte !== 0) && (each[0]! & 1) === 0);
  return own ? [...own].map((byte) => byte.toString(16).padStart(2, '0')).join(':') : '';
}

/** hrDeviceIndex of the printer, with which its indexes start: a device may have other devices, and gaps between indexes. */
const printerIn = ({ hrPrinter, general, marker, supplies }: PrinterMib): string =>
  [general, hrPrinter, marker, supplies].find((rows) => rows.length > 0)?.[0]?.index.split('.')[0] ?? '1';

/** The alerts that a device has raised, in its order. @param now when it was read */
export function historyIn(mib: PrinterMib, now: Date): PastAlert[] {
  const printer = printerIn(mib);
  const [general] = ofPrinter(mib.general, printer);
  return alertHistoryIn(mib, printer, characterSetIn(mib, printer, general?.prtGeneralCurrentLocalization), now);
}

/** Converts the tables of a device to device information. @param meters of its vendor */
export function informationIn(mib: PrinterMib, meters: Counters): DeviceInformation {
  const printer = printerIn(mib);
  const [general] = ofPrinter(mib.general, printer);
  const [status] = ofPrinter(mib.hrPrinter, printer);
  const [device] = ofPrinter(mib.hrDevice, printer);
  const characterSet = characterSetIn(mib, printer, general?.prtGeneralCurrentLocalization);
  const alerts = alertsIn(mib, printer, status?.hrPrinterDetectedErrorState, characterSet);
  return {
    reached: true,
    problem: null,
    state: stateOf(Number(status?.hrPrinterStatus), device?.hrDeviceStatus, status?.hrPrinterDetectedErrorState),
    alerts,
    supplies: suppliesIn(mib, printer, characterSet),
    counters: { ...countersIn(mib, printer), ...meters },
    model: deviceText(device?.hrDeviceDescr, 200, characterSet),
    serialNumber: deviceText(general?.prtGeneralSerialNumber, 100, characterSet),
    firmwareVersion: '',
    details: detailsIn(mib, printer, characterSet),
  };
}

/** Of the current localization (RFC 3805 prtLocalizationTable). */
function characterSetIn(mib: PrinterMib, printer: string, current: SnmpValue): SnmpValue {
  const localizations = ofPrinter(mib.localization, printer);
  return localizations.find(({ index }) => index === `${printer}.${Number(current)}`)?.prtLocalizationCharacterSet;
}

/** RFC 2790 hrDeviceStatus and hrPrinterStatus, as RFC 3805 appendix E combines them. */
function stateOf(status: number, deviceStatus: SnmpValue, errorState: SnmpValue): DeviceState {
  const isStopped = errorsIn(errorState).some(({ severity }) => severity === 'error');
  if (deviceStatus === DOWN || (isStopped && status !== 4)) return 'stopped';
  return STATES[status] ?? 'unknown';
}

/** prtMarkerLifeCount of the first marker with each unit. */
function countersIn(mib: PrinterMib, printer: string): Counters {
  const counters = ofPrinter(mib.marker, printer).flatMap((row): [string, number][] => {
    const unit = UNITS[Number(row.prtMarkerCounterUnit)];
    const count = row.prtMarkerLifeCount;
    return unit !== undefined && typeof count === 'number' && count >= 0 ? [[unit, count]] : [];
  });
  return Object.fromEntries(counters.toReversed());
}

function detailsIn(mib: PrinterMib, printer: string, characterSet: SnmpValue): DeviceDetails {
  const label = (value: SnmpValue, most = LABEL): string => deviceText(value, most, characterSet);
  const [general] = ofPrinter(mib.general, printer);
  const [system] = mib.system;
  const ticks = system?.sysUpTime;
  return {
    inputs: ofPrinter(mib.input, printer)
      .slice(0, INPUTS)
      .map((row, position) => ({
        name: label(row.prtInputName) || label(row.prtInputDescription) || String(position + 1),
        media: label(row.prtInputMediaName),
        ...contentsOf(row.prtInputCurrentLevel, row.prtInputMaxCapacity),
      })),
    outputs: ofPrinter(mib.output, printer)
      .slice(0, OUTPUTS)
      .map((row, position) => ({
        name: label(row.prtOutputName) || label(row.prtOutputDescription) || String(position + 1),
        ...contentsOf(row.prtOutputRemainingCapacity, row.prtOutputMaxCapacity),
      })),
    covers: ofPrinter(mib.cover, printer)
      .flatMap((row, position) => {
        const open = COVER_OPEN[Number(row.prtCoverStatus)];
        return open === undefined ? [] : [{ name: label(row.prtCoverDescription) || String(position + 1), open }];
      })
      .slice(0, COVERS),
    display: ofPrinter(mib.console, printer)
      .map(({ prtConsoleDisplayBufferText }) => label(prtConsoleDisplayBufferText))
      .filter((line) => line !== '')
      .slice(0, DISPLAY_LINES),
    printerName: label(general?.prtGeneralPrinterName),
    description: label(system?.sysDescr, 200),
    systemName: label(system?.sysName),
    location: label(system?.sysLocation),
    contact: label(system?.sysContact),
    upSeconds: typeof ticks === 'number' && ticks >= 0 ? Math.floor(ticks / 100) : null,
  };
}
