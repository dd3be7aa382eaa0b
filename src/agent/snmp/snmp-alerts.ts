import type { AlertSeverity, DeviceAlert } from '../../protocol/device-information';
import { ALERT_TEXT_CHARACTERS, keywordOf, mergedAlerts } from '../device/alerts';
import type { PastAlert } from '../device/device-access';
import { deviceText } from './device-text';
import { ofPrinter, type PrinterMib } from './printer-mib';
import type { SnmpValue } from './snmp-client';

/** prtAlertCode (IANA-PRINTER-MIB, PrtAlertCodeTC), without codes of which the group says more. */
const CODES: Readonly<Record<number, string>> = {
  3: 'coverOpened',
  5: 'interlockOpened',
  7: 'configurationChange',
  8: 'jam',
  501: 'doorOpen',
  801: 'inputMediaTrayMissing',
  802: 'inputMediaSizeChange',
  803: 'inputMediaWeightChange',
  804: 'inputMediaTypeChange',
  805: 'inputMediaColorChange',
  807: 'inputMediaSupplyLow',
  808: 'inputMediaSupplyEmpty',
  809: 'inputMediaChangeRequest',
  810: 'inputManualInputRequest',
  811: 'inputTrayPositionFailure',
  812: 'inputTrayElevationFailure',
  813: 'inputCannotFeedSizeSelected',
  901: 'outputMediaTrayMissing',
  902: 'outputMediaTrayAlmostFull',
  903: 'outputMediaTrayFull',
  904: 'outputMailboxSelectFailure',
  1001: 'markerFuserUnderTemperature',
  1002: 'markerFuserOverTemperature',
  1003: 'markerFuserTimingFailure',
  1004: 'markerFuserThermistorFailure',
  1005: 'markerAdjustingPrintQuality',
  1101: 'markerTonerEmpty',
  1102: 'markerInkEmpty',
  1103: 'markerPrintRibbonEmpty',
  1104: 'markerTonerAlmostEmpty',
  1105: 'markerInkAlmostEmpty',
  1106: 'markerPrintRibbonAlmostEmpty',
  1107: 'markerWasteTonerReceptacleAlmostFull',
  1108: 'markerWasteInkReceptacleAlmostFull',
  1109: 'markerWasteTonerReceptacleFull',
  1110: 'markerWasteInkReceptacleFull',
  1111: 'markerOpcLifeAlmostOver',
  1112: 'markerOpcLifeOver',
  1113: 'markerDeveloperAlmostEmpty',
  1114: 'markerDeveloperEmpty',
  1115: 'markerTonerCartridgeMissing',
  1304: 'mediaPathCannotDuplexMediaSelected',
  1507: 'interpreterResourceUnavailable',
  1509: 'interpreterComplexPageEncountered',
};
/** Codes 9 to 38 are about a subunit, which prtAlertGroup names. */
const SUBUNIT_CODES: Readonly<Record<number, string>> = {
  9: 'missing',
  10: 'near-eol',
  11: 'life-over',
  12: 'almost-empty',
  13: 'empty',
  14: 'almost-full',
  15: 'full',
  16: 'near-limit',
  17: 'at-limit',
  18: 'opened',
  19: 'closed',
  20: 'turned-on',
  21: 'turned-off',
  22: 'offline',
  23: 'power-saver',
  24: 'warming-up',
  25: 'added',
  26: 'removed',
  27: 'resource-added',
  28: 'resource-removed',
  29: 'recoverable-failure',
  30: 'unrecoverable-failure',
  31: 'recoverable-storage-error',
  32: 'unrecoverable-storage-error',
  33: 'motor-failure',
  34: 'memory-exhausted',
  35: 'under-temperature',
  36: 'over-temperature',
  37: 'timing-failure',
  38: 'thermistor-failure',
};
/** prtAlertGroup (PrtAlertGroupTC). */
const GROUPS: Readonly<Record<number, string>> = {
  5: 'printer',
  6: 'cover',
  8: 'input-tray',
  9: 'output-tray',
  10: 'marker',
  11: 'marker-supply',
  13: 'media-path',
  14: 'channel',
  15: 'interpreter',
  30: 'finisher',
};
/** Keywords of PWG 5100.9 for some of the combinations. */
const KEYWORDS: Readonly<Record<string, string>> = {
  'input-tray-almost-empty': 'media-low',
  'input-tray-empty': 'media-empty',
  'output-tray-almost-full': 'output-area-almost-full',
  'output-tray-full': 'output-area-full',
  'marker-supply-almost-empty': 'marker-supply-low',
  'marker-supply-almost-full': 'marker-waste-almost-full',
  'marker-supply-full': 'marker-waste-full',
  'cover-opened': 'cover-open',
};
/** prtAlertSeverityLevel; 5: a warning that ends when its cause is removed. */
const SEVERITIES: Readonly<Record<number, AlertSeverity>> = { 3: 'error', 4: 'warning', 5: 'warning' };

/** alertRemovalOfBinaryChangeEntry: an alert is over. */
const REMOVAL = 1801;

/** Bits of hrPrinterDetectedErrorState (RFC 2790), the first of the first byte first. */
const ERROR_STATES: readonly (readonly [code: string, severity: AlertSeverity])[] = [
  ['media-low', 'warning'],
  ['media-empty', 'error'],
  ['toner-low', 'warning'],
  ['toner-empty', 'error'],
  ['door-open', 'error'],
  ['media-jam', 'error'],
  ['offline', 'warning'],
  ['service-requested', 'warning'],
  ['input-tray-missing', 'error'],
  ['output-tray-missing', 'error'],
  ['marker-supply-missing', 'error'],
  ['output-area-almost-full', 'warning'],
  ['output-area-full', 'error'],
  ['media-empty', 'warning'], // inputTrayEmpty: one of several trays
  ['maintenance-overdue', 'warning'],
];

/** Alerts from prtAlertTable, then those only in hrPrinterDetectedErrorState. */
export function alertsIn(
  mib: PrinterMib,
  printer: string,
  errorState: SnmpValue,
  characterSet: SnmpValue,
): DeviceAlert[] {
  const alerts = ofPrinter(mib.alert, printer).flatMap((row): DeviceAlert[] => {
    if (Number(row.prtAlertCode) === REMOVAL) return [];
    const code = codeOf(Number(row.prtAlertCode), Number(row.prtAlertGroup));
    const text = deviceText(row.prtAlertDescription, ALERT_TEXT_CHARACTERS, characterSet);
    if (code === '' && text === '') return [];
    return [{ severity: SEVERITIES[Number(row.prtAlertSeverityLevel)] ?? 'report', code: code || 'other', text }];
  });
  return mergedAlerts(alerts, errorsIn(errorState));
}

/**
 * prtAlertTable as history: alerts that are over may be among its rows, and rows that say that one is over (RFC 3805 2.2.13.4).
 * @param now when the device was read: prtAlertTime counts from its start, as sysUpTime does
 */
export function alertHistoryIn(mib: PrinterMib, printer: string, characterSet: SnmpValue, now: Date): PastAlert[] {
  const upTicks = mib.system[0]?.sysUpTime;
  return ofPrinter(mib.alert, printer).map((row): PastAlert => {
    const isRemoval = Number(row.prtAlertCode) === REMOVAL;
    const code = isRemoval ? 'alert-removed' : codeOf(Number(row.prtAlertCode), Number(row.prtAlertGroup)) || 'other';
    const text = deviceText(row.prtAlertDescription, ALERT_TEXT_CHARACTERS, characterSet);
    const severity = isRemoval ? 'report' : (SEVERITIES[Number(row.prtAlertSeverityLevel)] ?? 'report');
    const at = momentOf(row.prtAlertTime, upTicks, now);
    return { severity, code, text, ...(at && { at }) };
  });
}

/** Undefined for a time that the device cannot know: of an earlier run, or none (0). */
function momentOf(ticks: SnmpValue, upTicks: SnmpValue, now: Date): Date | undefined {
  if (typeof ticks !== 'number' || typeof upTicks !== 'number' || ticks <= 0 || ticks > upTicks) return undefined;
  return new Date(now.getTime() - (upTicks - ticks) * 10);
}

function codeOf(code: number, group: number): string {
  const name = CODES[code];
  if (name !== undefined) return keywordOf(name);
  const what = SUBUNIT_CODES[code];
  if (what === undefined) return '';
  const keyword = `${GROUPS[group] ?? 'subunit'}-${what}`;
  return KEYWORDS[keyword] ?? keyword;
}

/** What a device reports in hrPrinterDetectedErrorState; it may leave out zero bytes. */
export const errorsIn = (errorState: SnmpValue): DeviceAlert[] =>
  !Buffer.isBuffer(errorState)
    ? []
    : ERROR_STATES.flatMap(([code, severity], bit) =>
        ((errorState[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0 ? [] : [{ severity, code, text: '' }],
      );
