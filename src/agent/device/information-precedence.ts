import {
  COUNTERS,
  type DeviceInformation,
  type DeviceProtocol,
  type InformationSource,
} from '../../protocol/device-information';

/** What was read of a device in one protocol. */
export interface Reading {
  readonly source: DeviceProtocol;
  readonly information: DeviceInformation;
  /** Counters that the objects of the vendor gave. */
  readonly vendorCounters?: ReadonlySet<string>;
}

/** Facts that both protocols report. Counters are merged one by one. */
type SharedFact = 'state' | 'alerts' | 'supplies' | 'model' | 'serialNumber' | 'firmwareVersion';

/**
 * Which protocol wins where both report a fact; the other one where the first reports nothing. docs/RUNNING.md has this
 * table, too.
 *
 * - `state`, `alerts`: IPP, whose printer-state decides about jobs. Alerts that only SNMP has count where IPP has none.
 * - `supplies`: SNMP, because many printers have no capacity and no class of their supplies in IPP.
 * - `counters`: SNMP, because prtMarkerLifeCount counts the life of the device, and printer-impressions-completed may start
 *   again; objects of the vendor before both.
 * - `model`, `serialNumber`, `firmwareVersion`: IPP, so that a device does not change its name when SNMP is added.
 */
export const PRECEDENCE: Readonly<Record<SharedFact | 'counters', readonly DeviceProtocol[]>> = {
  state: ['ipp', 'snmp'],
  alerts: ['ipp', 'snmp'],
  supplies: ['snmp', 'ipp'],
  counters: ['snmp', 'ipp'],
  model: ['ipp', 'snmp'],
  serialNumber: ['ipp', 'snmp'],
  firmwareVersion: ['ipp', 'snmp'],
};

const SHARED = Object.keys(PRECEDENCE).filter((fact): fact is SharedFact => fact !== 'counters');

/** Whether a value says something. */
const isReported = (value: DeviceInformation[SharedFact]): boolean => value.length > 0 && value !== 'unknown';

/** One device information of those that were read in each protocol, with the source of each value. */
export function mergeReadings(readings: readonly Reading[]): DeviceInformation {
  const inOrder = (fact: keyof typeof PRECEDENCE): Reading[] =>
    PRECEDENCE[fact].flatMap((source) => readings.filter((each) => each.source === source));
  const sources: Partial<Record<SharedFact, InformationSource>> = {};
  const facts: Partial<Record<SharedFact, unknown>> = {};
  for (const fact of SHARED) {
    const [first, ...others] = inOrder(fact);
    const winner = [first, ...others].find((each) => each && isReported(each.information[fact]));
    facts[fact] = (winner ?? first)?.information[fact];
    if (winner) sources[fact] = winner.source;
  }
  const counters = new Map<string, readonly [count: number, source: InformationSource]>();
  for (const { source, information, vendorCounters } of inOrder('counters'))
    for (const [name, count] of Object.entries(information.counters))
      if (!counters.has(name)) counters.set(name, [count, vendorCounters?.has(name) ? 'vendor' : source]);
  const counted = [...counters].slice(0, COUNTERS);
  const merged = Object.assign({}, ...readings.map(({ information }) => information), facts) as DeviceInformation;
  return {
    ...merged,
    counters: Object.fromEntries(counted.map(([name, [count]]) => [name, count])),
    sources: { ...sources, counters: Object.fromEntries(counted.map(([name, [, source]]) => [name, source])) },
  };
}
