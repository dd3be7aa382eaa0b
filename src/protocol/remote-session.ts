import { z } from 'zod';

/** States of a remote session. The transitions are in `server/sessions/session.machine.ts`. */
export const SESSION_STATES = [
  'requested',
  'approved',
  'prepared',
  'established',
  'ending',
  'halting',
  'forcing',
  'ended',
] as const;
export const sessionState = z.enum(SESSION_STATES);
export type SessionState = z.infer<typeof sessionState>;

/** What the person at the device permits: operating the application, or only viewing it. */
export const GRANTS = ['operate', 'view'] as const;
export const grant = z.enum(GRANTS);
export type Grant = z.infer<typeof grant>;

/** The two halves of a remote session: application <-> Cloud Hub, and Web Agent <-> terminal. */
export const HALVES = ['device', 'terminal'] as const;
export const half = z.enum(HALVES);
export type Half = z.infer<typeof half>;
export const OTHER_HALF = { device: 'terminal', terminal: 'device' } as const satisfies Record<Half, Half>;

export const HALF_STATES = ['waiting', 'connected', 'ended'] as const;
export const halfState = z.enum(HALF_STATES);
export type HalfState = z.infer<typeof halfState>;

/** Why a remote session ended. The first known reason is kept. */
export const ENDINGS = {
  declined: 'The person at the device pressed NO.',
  denied: 'The access conditions set at the device do not permit it.',
  expired: 'There was no answer in time, or the permitted time was up.',
  cancelled: 'The request was cancelled.',
  'device-offline': 'The agent of the device could not be reached.',
  'ended-by-terminal': 'The technician ended the session.',
  'ended-by-device': 'The session was ended at the device.',
  'ended-by-administrator': 'An administrator ended the session.',
  revoked: 'The access of the user or client was revoked.',
  'halted-by-deployment': 'The session was interrupted to deploy the relay.',
  'lost-device': 'The connection between the device and the relay was lost.',
  'lost-terminal': 'The connection between the terminal and the relay was lost.',
  'lost-relay': 'The relay stopped during the session.',
  failed: 'The session could not be set up.',
} as const;
export type Ending = keyof typeof ENDINGS;
export const ending = z.enum(Object.keys(ENDINGS) as [Ending, ...Ending[]]);

/** Why the relay wrote the end log of one half. */
export const END_REASONS = {
  requested: 'this half requested the end, and the control plane accepted',
  'control-plane': 'the control plane had the relay end this half',
  lost: 'the connection of this half was closed or lost without a request',
  expired: 'the permitted time was up',
  'never-connected': 'this half never connected',
  'relay-stopped': 'the relay was stopped',
  'relay-restarted': 'the relay was killed and found this half open when it restarted',
  presumed: 'no relay reported the end in time; the control plane presumed it',
} as const;
export type EndReason = keyof typeof END_REASONS;
export const endReason = z.enum(Object.keys(END_REASONS) as [EndReason, ...EndReason[]]);
