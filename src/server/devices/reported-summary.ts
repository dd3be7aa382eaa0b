import { ALERT_SEVERITIES, type DeviceInformation } from '../../protocol/device-information';
import type { ReportedState } from '../../protocol/fleet';

/** What a device reported last, as columns of its row, so that the fleet is filtered and sorted by it. */
export interface ReportedSummary {
  reportedState: ReportedState;
  /** Of its worst alert: its place in ALERT_SEVERITIES, from 1; 0 without alerts. */
  severity: number;
  firmwareVersion: string;
  /** Of the supply that has least, in per cent; UNKNOWN_SUPPLY if no level is known. */
  supplyLevel: number;
  reportedModel: string;
  reportedSerialNumber: string;
  /** What the search finds of it, in lower case. */
  reportedText: string;
}

/** After every level, so that devices without one are last. */
export const UNKNOWN_SUPPLY = 101;

export function summaryOf(information: DeviceInformation): ReportedSummary {
  const { reached, state, alerts, supplies, firmwareVersion, model, serialNumber } = information;
  const levels = supplies.map(({ level }) => level).filter((level) => level !== null);
  return {
    reportedState: reached ? state : 'unreached',
    severity: Math.max(0, ...alerts.map((alert) => ALERT_SEVERITIES.indexOf(alert.severity) + 1)),
    firmwareVersion,
    supplyLevel: Math.min(UNKNOWN_SUPPLY, ...levels),
    reportedModel: model,
    reportedSerialNumber: serialNumber,
    reportedText: searchTextOf(model, serialNumber, ...alerts.flatMap(({ text, code }) => [text, code])),
  };
}

/** Texts as they are stored for the search, whose words are in lower case, too: databases differ in what that means. */
export const searchTextOf = (...texts: string[]): string => texts.join('\n').toLowerCase();
