import type { IppAttributes } from '../../ipp/ipp-message';
import { ALERT_SEVERITIES, ALERTS, type AlertSeverity, type DeviceAlert } from '../../protocol/device-information';
import { cleanLine, keyValues, stringsOf } from './attribute-text';

const CODE_CHARACTERS = 64;
export const ALERT_TEXT_CHARACTERS = 200;

/** prtAlertCode -> keyword of printer-state-reasons, if they differ in more than spelling (PWG 5100.9 table 2). */
const KEYWORDS: Readonly<Record<string, string>> = {
  jam: 'media-jam',
  inputMediaSupplyLow: 'media-low',
  inputMediaSupplyEmpty: 'media-empty',
  inputMediaTrayMissing: 'input-tray-missing',
  outputMediaTrayMissing: 'output-tray-missing',
  outputMediaTrayAlmostFull: 'output-area-almost-full',
  outputMediaTrayFull: 'output-area-full',
  coverOpened: 'cover-open',
  interlockOpened: 'interlock-open',
  markerFuserUnderTemperature: 'fuser-under-temp',
  markerFuserOverTemperature: 'fuser-over-temp',
  markerTonerEmpty: 'toner-empty',
  markerTonerAlmostEmpty: 'toner-low',
  markerInkEmpty: 'marker-supply-empty',
  markerInkAlmostEmpty: 'marker-supply-low',
  markerTonerCartridgeMissing: 'marker-supply-missing',
  markerDeveloperAlmostEmpty: 'developer-low',
  markerDeveloperEmpty: 'developer-empty',
  markerWasteInkReceptacleAlmostFull: 'marker-waste-almost-full',
  markerWasteInkReceptacleFull: 'marker-waste-full',
  markerWasteTonerReceptacleAlmostFull: 'marker-waste-almost-full',
  markerWasteTonerReceptacleFull: 'marker-waste-full',
  markerOpcLifeAlmostOver: 'opc-near-eol',
  markerOpcLifeOver: 'opc-life-over',
};
/** prtAlertSeverityLevel (RFC 3805). */
const SEVERITIES: Readonly<Record<string, AlertSeverity>> = { critical: 'error', warning: 'warning' };

/** Reasons that are no alerts, and have no suffix in practice (RFC 8011 5.4.12, PWG 5100.13). */
const NEUTRAL = ['paused', 'moving-to-paused', 'connecting-to-device', 'stopped-partly', 'identify-printer-requested'];

/** Alerts from printer-alert and printer-alert-description, then those only in printer-state-reasons. */
export function alertsOf(attributes: IppAttributes): DeviceAlert[] {
  const reasons = stringsOf(attributes, 'printer-state-reasons').flatMap(reasonOf);
  // A Map, because a device may report thousands. The first reason of a code counts.
  const severities = new Map(reasons.toReversed().map(({ code, severity }) => [code, severity]));
  const texts = stringsOf(attributes, 'printer-alert-description');
  const alerts = stringsOf(attributes, 'printer-alert').flatMap((alert, index) => {
    const fields = keyValues(alert);
    const code = keywordOf(fields.get('code') ?? '');
    if (code === '') return [];
    const severity = severities.get(code);
    const text = cleanLine(texts[index] ?? '', ALERT_TEXT_CHARACTERS);
    return [{ severity: severity ?? SEVERITIES[fields.get('severity') ?? ''] ?? 'report', code, text }];
  });
  return mergedAlerts(alerts, reasons);
}

/** Alerts, and those only in a summary of the device, each once and the worst first. */
export function mergedAlerts(alerts: readonly DeviceAlert[], summary: readonly DeviceAlert[]): DeviceAlert[] {
  const codes = new Set(alerts.map(({ code }) => code));
  const others = summary.filter(({ code }) => !codes.has(code));
  const all = new Map([...alerts, ...others].map((alert) => [`${alert.code} ${alert.text}`, alert]));
  const worstFirst = [...all.values()].sort((a, b) => rank(b) - rank(a));
  return worstFirst.slice(0, ALERTS);
}

const rank = ({ severity }: DeviceAlert): number => ALERT_SEVERITIES.indexOf(severity);

function reasonOf(keyword: string): DeviceAlert[] {
  const [, code = '', suffix] = /^(.*?)(?:-(report|warning|error))?$/s.exec(keyword) ?? [];
  const clean = cleanLine(code, CODE_CHARACTERS);
  if (clean === 'none' || clean === '') return [];
  return [{ severity: (suffix as AlertSeverity | undefined) ?? assumedSeverity(clean), code: clean, text: '' }];
}

/** Without a suffix, a reason is an error (RFC 8011 5.4.12), unless its keyword implies less. */
function assumedSeverity(code: string): AlertSeverity {
  if (NEUTRAL.includes(code)) return 'report';
  return /-(low|near-eol|almost-(full|empty))$/.test(code) ? 'warning' : 'error';
}

/** `coverOpen` becomes `cover-open`. */
export function keywordOf(code: string): string {
  const spelt = code.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return cleanLine((Object.hasOwn(KEYWORDS, code) && KEYWORDS[code]) || spelt, CODE_CHARACTERS);
}
