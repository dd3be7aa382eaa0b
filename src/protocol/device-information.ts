import { z } from 'zod';
import { deviceIdentity } from './device-identity';
import { oneOf } from './later-names';
import { deviceId } from './names';
import { shownLine } from './shown-text';

/**
 * Device information that the agent acquired (Fig. of abstract 2). The terms are those of IPP (RFC 8011, PWG 5100.9,
 * 5100.13) and the Printer MIB (RFC 3805), whichever protocol the agent used.
 */

/** IPP printer-state (RFC 8011 5.4.11); `unknown` if the device does not report it. */
export const deviceState = z.enum(['idle', 'processing', 'stopped', 'unknown']);
export type DeviceState = z.infer<typeof deviceState>;

/** Suffix of a printer-state-reasons keyword (RFC 8011 5.4.12), mildest first. */
export const ALERT_SEVERITIES = ['report', 'warning', 'error'] as const;
export const alertSeverity = z.enum(ALERT_SEVERITIES);
export type AlertSeverity = z.infer<typeof alertSeverity>;

export const deviceAlert = z.object({
  severity: oneOf(alertSeverity, 'warning'),
  /** Keyword of printer-state-reasons without its suffix: `media-jam`, `toner-low`. */
  code: shownLine(64),
  /** The device's own text; may be empty. */
  text: shownLine(200),
});
export type DeviceAlert = z.infer<typeof deviceAlert>;

export const supply = z.object({
  name: shownLine(100),
  /** prtMarkerSuppliesType as PWG 5100.13 spells it: `toner`, `wasteToner`, `opc`, ...; empty if unknown. */
  type: shownLine(40),
  /** Name or `#rrggbb`; may be empty. */
  colour: shownLine(40),
  /** Remaining per cent (of a receptacle: remaining space); null if the device does not know. */
  level: z.int().min(0).max(100).nullable(),
  /** The device knows only that something remains (-3 in RFC 3805). `level` is null. */
  someLeft: z.literal(true).optional(),
  /** The device fills it (receptacleThatIsFilled in RFC 3805), such as a container for waste toner. */
  receptacle: z.literal(true).optional(),
});
export type Supply = z.infer<typeof supply>;

export const SUPPLIES = 24;
export const ALERTS = 24;
export const COUNTERS = 24;
export const INPUTS = 12;
export const OUTPUTS = 8;
export const COVERS = 8;
export const DISPLAY_LINES = 4;

const label = shownLine(60);
const contents = { level: supply.shape.level, someLeft: supply.shape.someLeft };

/** What only SNMP reports (RFC 3805, RFC 3418). Left out as a whole where a report would be too long. */
export const deviceDetails = z.object({
  /** prtInputTable; `level` is that of the media. */
  inputs: z.array(z.object({ name: label, media: label, ...contents })).max(INPUTS),
  /** prtOutputTable; `level` is the remaining space. */
  outputs: z.array(z.object({ name: label, ...contents })).max(OUTPUTS),
  /** prtCoverTable, without covers whose state is not known. */
  covers: z.array(z.object({ name: label, open: z.boolean() })).max(COVERS),
  /** prtConsoleDisplayBufferText. */
  display: z.array(label).max(DISPLAY_LINES),
  /** prtGeneralPrinterName, sysDescr, sysName, sysLocation, sysContact; empty if not reported. */
  printerName: label,
  description: shownLine(200),
  systemName: label,
  location: label,
  contact: label,
  /** sysUpTime; it starts again from 0 after 497 days. */
  upSeconds: z.int().nonnegative().nullable(),
});
export type DeviceDetails = z.infer<typeof deviceDetails>;

/** Protocols with which an agent reads a device. */
export const PROTOCOLS = ['ipp', 'snmp'] as const;
export type DeviceProtocol = (typeof PROTOCOLS)[number];
/** Where a value is from; `vendor`: SNMP, from objects of the vendor; `configuration`: of the agent. */
export const informationSource = z.enum([...PROTOCOLS, 'vendor', 'configuration']);
export type InformationSource = z.infer<typeof informationSource>;

/** Name of a counter, from printer-impressions-completed and its like: `impressions`, `media-sheets`, `copies`. */
export const counterName = z.string().regex(/^[a-z0-9-]{1,48}$/);
export const counters = z
  .record(counterName, z.int().nonnegative())
  .refine((all) => Object.keys(all).length <= COUNTERS, `at most ${COUNTERS} counters`);
export type Counters = z.infer<typeof counters>;

/** Where the values of device information are from; a value without an entry was not reported. */
export const informationSources = z.object({
  state: informationSource.optional(),
  alerts: informationSource.optional(),
  supplies: informationSource.optional(),
  model: informationSource.optional(),
  serialNumber: informationSource.optional(),
  firmwareVersion: informationSource.optional(),
  counters: z
    .record(counterName, informationSource)
    .refine((all) => Object.keys(all).length <= COUNTERS, `at most ${COUNTERS} counters`),
});
export type InformationSources = z.infer<typeof informationSources>;

/** Why an agent has no information about a device until somebody changes something: a label, what happened, what to do. */
export const LASTING_PROBLEMS = {
  'login-required': {
    label: 'Login required',
    text: 'The device asks for a login, and its agent has none that it may send.',
    remedy: 'The person responsible for the agent can add the login to the agent’s configuration.',
  },
  'login-refused': {
    label: 'Login refused',
    text: 'The device refuses the login that its agent has for it.',
    remedy: 'The person responsible for the agent can correct the login in the agent’s configuration.',
  },
  'wrong-path': {
    label: 'Wrong path',
    text: 'The device has no printer at the path in the configuration of its agent.',
    remedy:
      'The person responsible for the agent can remove the path from "ipp" in the agent’s configuration: it is found automatically.',
  },
  'not-a-printer': {
    label: 'Not a printer',
    text: 'No printer answers at the address in the configuration of the agent.',
    remedy:
      'The person responsible for the agent can check the address in the agent’s configuration, and whether IPP or SNMP is switched on at the device.',
  },
  'tls-failed': {
    label: 'No TLS connection',
    text: 'The device and its agent cannot agree on an encrypted connection.',
    remedy:
      'The detail says why. The person responsible for the agent can change the address or "certificate" in the agent’s configuration, or permit an old device "weakTls".',
  },
  'other-device': {
    label: 'Another device',
    text: 'Another device answers at the address of this one. Its information is not recorded, and nothing is sent to it.',
    remedy:
      'If the device was replaced or has a new board, an administrator decides so on the page of the device, or the person responsible for the agent accepts it there (platen agent accept-device) and corrects "serialNumber" in the agent’s configuration. If its address has changed, they can correct the address.',
  },
  'protocol-unsupported': {
    label: 'IPP not supported',
    text: 'The device and its agent have no version of IPP in common.',
    remedy: 'Check whether there is newer firmware for the device.',
  },
  'invalid-answer': {
    label: 'Invalid answers',
    text: 'The answers of the device are not valid.',
    remedy:
      'The person responsible for the agent can check the address in the agent’s configuration. If it is right, restart the device.',
  },
} as const;
export type LastingProblem = keyof typeof LASTING_PROBLEMS;
/** Why an agent has no current information about a device. */
export const DEVICE_PROBLEMS = {
  unreachable: {
    label: 'Not reached',
    text: 'The device does not answer its agent.',
    remedy: 'Ask someone to check that the device is switched on and connected.',
  },
  refused: {
    label: 'Refuses requests',
    text: 'The device refuses the requests of its agent.',
    remedy: 'The agent tries again each minute. If the problem remains, check the settings of the device.',
  },
  ...LASTING_PROBLEMS,
} as const;
export type DeviceProblem = keyof typeof DEVICE_PROBLEMS;
export const deviceProblem = z.enum(Object.keys(DEVICE_PROBLEMS) as [DeviceProblem, ...DeviceProblem[]]);
export const isLasting = (problem: string): problem is LastingProblem => Object.hasOwn(LASTING_PROBLEMS, problem);

/** Which device answers at the address of another one. */
export const otherDevice = z.object({
  expected: deviceIdentity,
  found: deviceIdentity,
  /** It is this device of the same agent. */
  deviceId: deviceId.optional(),
});
export type OtherDevice = z.infer<typeof otherDevice>;

export const deviceInformation = z.object({
  /** false: the agent has no current answer of the device; the other fields are from the last one. */
  reached: z.boolean(),
  /** Why not, with the words of the agent; null if it is reached, or not known. */
  problem: z
    .object({
      code: oneOf(deviceProblem, 'refused'),
      detail: shownLine(500),
      /** With `other-device`; agents of earlier versions do not say it. */
      otherDevice: otherDevice.optional(),
    })
    .nullable()
    .default(null),
  /** The owner of the device permits weak encryption between the agent and it. */
  weakTls: z.literal(true).optional(),
  state: oneOf(deviceState, 'unknown'),
  alerts: z.array(deviceAlert).max(ALERTS),
  supplies: z.array(supply).max(SUPPLIES),
  counters,
  model: shownLine(200),
  serialNumber: shownLine(100),
  firmwareVersion: shownLine(100),
  /** Marks of the device. Agents of earlier versions do not report them. */
  identity: deviceIdentity.optional(),
  /** Its agent has followed it to another address than that of the configuration. */
  followed: z.literal(true).optional(),
  details: deviceDetails.optional(),
  /** Left out as a whole if one is of a later version. */
  sources: informationSources.optional().catch(undefined),
  /** A protocol in which the device did not answer, although it is reached in another. */
  unanswered: z
    .object({ protocol: z.enum(PROTOCOLS), code: oneOf(deviceProblem, 'refused'), detail: shownLine(500) })
    .optional()
    .catch(undefined),
});
export type DeviceInformation = z.infer<typeof deviceInformation>;

/** Why device information was, or was not, acquired again for a session or a job (B2). */
export const UPDATE_REASONS = {
  'never-acquired': 'no data saved yet',
  'not-reached': 'the device did not answer last time',
  'agent-reconnected': 'the agent has reconnected since',
  'job-since': 'a maintenance job has changed the device since',
  'too-old': 'the saved data was too old',
  'needed-now': 'the request needs current data',
  requested: 'requested by a user',
  'not-needed': 'the request does not need it',
  'agent-waits': 'the agent waits until the device answers',
  fresh: 'recent enough',
} as const;
export type UpdateReason = keyof typeof UPDATE_REASONS;
export const updateReason = z.enum(Object.keys(UPDATE_REASONS) as [UpdateReason, ...UpdateReason[]]);

/** `kept`: the stored information serves; `failed`: the device did not answer, and the request continues without. */
export const UPDATE_OUTCOMES = { kept: 'using saved data', acquired: 'updated', failed: 'update failed' } as const;
export type UpdateOutcome = keyof typeof UPDATE_OUTCOMES;

/** The update decision for one request (B2), and its outcome. */
export const updateDecision = z.object({
  update: z.boolean(),
  reason: updateReason,
  outcome: z.enum(Object.keys(UPDATE_OUTCOMES) as [UpdateOutcome, ...UpdateOutcome[]]),
});
export type UpdateDecision = z.infer<typeof updateDecision>;

/** `updated (the saved data was too old)` */
export const textOfDecision = ({ outcome, reason }: Pick<UpdateDecision, 'outcome' | 'reason'>): string =>
  `${UPDATE_OUTCOMES[outcome]} (${UPDATE_REASONS[reason]})`;
