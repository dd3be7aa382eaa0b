import { isLasting, type DeviceInformation, type Supply } from '../../protocol/device-information';
import type { HoldReason, JobFailure, Operation } from '../../protocol/maintenance';
import type { DeviceAccess } from '../device/device-access';
import type { Readiness } from '../device/readiness';
import { READING, type Determination, type OwnerRules } from './owner-rules';

/** What maintenance needs to know about a device. */
export interface MaintainedDevice {
  /** Undefined if the configuration has no address for it. */
  readonly access: DeviceAccess | undefined;
  readonly rules: OwnerRules;
  /** As the configuration has it. */
  readonly model?: string;
}

/** Why this device can never execute the operation; null: it can. */
export function refusalOf(operation: Operation, device: MaintainedDevice | undefined): JobFailure | null {
  if (!device) return 'unknown-device';
  if (device.rules[operation].do === 'deny') return 'forbidden';
  return device.access?.operations.includes(operation) ? null : 'unsupported';
}

/** What decides whether a device can execute an operation now. */
export interface DeviceFacts {
  /** The latest; `reached` is false if the device did not answer. */
  readonly information: DeviceInformation;
  readonly readiness: Readiness;
  /** Remote sessions of the device at this agent that are open or wait for approval. */
  readonly openSessions: number;
}

type Check = (facts: DeviceFacts) => Exclude<Determination, { readonly do: 'execute' }> | undefined;

const hold = (reason: HoldReason, detail = ''): ReturnType<Check> => ({ do: 'hold', hold: reason, detail });

const sessionOpen: Check = ({ openSessions }) => (openSessions > 0 ? hold('session-open') : undefined);
const processing: Check = ({ information }) => (information.state === 'processing' ? hold('processing') : undefined);
/** A stopped device cannot print its queue, and may need a restart to print it. */
const jobsQueued =
  (alsoStopped: boolean): Check =>
  ({ information, readiness: { queuedJobs } }) =>
    (queuedJobs ?? 0) > 0 && (alsoStopped || information.state !== 'stopped') ? hold('jobs-queued') : undefined;
const notAccepting: Check = ({ readiness }) => (readiness.acceptsJobs ? undefined : hold('not-accepting'));

/** Keywords of printer-state-reasons (RFC 8011 5.4.12, PWG 5100.9). */
const NO_MEDIA = ['media-empty', 'media-needed', 'input-tray-missing'];
const NO_SUPPLY = [
  ...['toner-empty', 'marker-supply-empty', 'marker-supply-missing', 'developer-empty', 'opc-life-over'],
  ...['marker-waste-full', 'marker-waste-receptacle-full'],
];
/** A printer with an error alert cannot print, whatever state it reports. */
const stopped: Check = ({ information: { state, alerts, supplies } }) => {
  const errors = alerts.filter(({ severity }) => severity === 'error');
  const detail = errors
    .map(({ text, code }) => text || code)
    .join(', ')
    .slice(0, 500);
  if (errors.length > 0 && errors.every(({ code }) => NO_MEDIA.includes(code))) return hold('no-media', detail);
  if (errors.length > 0 && errors.every(({ code }) => NO_SUPPLY.includes(code))) return hold('no-supply', detail);
  if (state === 'stopped' || errors.length > 0) return hold('stopped', detail);
  const usedUp = supplies.find(isNeededAndUsedUp);
  return usedUp && hold('no-supply', usedUp.name);
};

/** The test page is black. */
const isNeededAndUsedUp = ({ type, colour, level }: Supply): boolean =>
  level === 0 && /^(toner|ink|tonerCartridge|inkCartridge)$/.test(type) && /^(black|#000000)$/i.test(colour);

/** What each operation waits for, in the order of the reasons that are shown. */
const CHECKS: Readonly<Record<Operation, readonly Check[]>> = {
  information: [],
  counters: [],
  identify: [],
  'settings-read': [],
  'settings-set': [],
  'logs-read': [],
  // A printer that is printing queues the page.
  'test-page': [stopped, notAccepting],
  // These would cut off sessions and print jobs; a stopped device may need a restart.
  restart: [sessionOpen, processing, jobsQueued(false)],
  'firmware-install': [sessionOpen, processing, jobsQueued(true)],
};

/** Whether an operation needs a device that answers: the logs say why one does not. */
export const needsDevice = (operation: Operation): boolean => operation !== 'logs-read';

/** Whether the device can execute an operation (abstract 3). Pure. */
export function determine(operation: Operation, facts: DeviceFacts): Determination {
  if (!needsDevice(operation)) return { do: 'execute' };
  const { reached, problem, unanswered } = facts.information;
  // SNMP suffices for reading only
  const unansweredByIpp = unanswered?.protocol === 'ipp' && !READING.includes(operation) ? unanswered : undefined;
  if (unansweredByIpp && isLasting(unansweredByIpp.code))
    return { do: 'refuse', failure: unansweredByIpp.code, detail: unansweredByIpp.detail };
  const fault = reached ? unansweredByIpp : problem;
  if (fault?.code === 'refused') return { do: 'hold', hold: 'refused', detail: fault.detail };
  if (!reached || fault) return { do: 'hold', hold: 'unreachable', detail: '' };
  if (facts.readiness.impossible.includes(operation))
    return {
      do: 'refuse',
      failure: 'unsupported',
      detail: 'the device does not list the operation among those it has',
    };
  for (const check of CHECKS[operation]) {
    const found = check(facts);
    if (found) return found;
  }
  return { do: 'execute' };
}
