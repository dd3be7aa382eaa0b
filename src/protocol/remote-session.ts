import { z } from 'zod';

/** A remote session as the control plane keeps it. The transitions are `server/sessions/session.machine.ts`. */
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

/** What the person at the device permits: operating the application, or only looking at it. */
export const GRANTS = ['operate', 'view'] as const;
export const grant = z.enum(GRANTS);
export type Grant = z.infer<typeof grant>;

/** The two halves of a remote session: application <-> Cloud Hub, and Web Agent <-> terminal. */
export const HALVES = ['device', 'terminal'] as const;
export const half = z.enum(HALVES);
export type Half = z.infer<typeof half>;

export const HALF_STATES = ['waiting', 'connected', 'ended'] as const;
export const halfState = z.enum(HALF_STATES);
export type HalfState = z.infer<typeof halfState>;

/** Why a remote session ended. The first reason that is known stays. */
export const ENDINGS = {
  declined: 'The person at the device pressed NO.',
  expired: 'Nobody answered in time, or the valid duration was over.',
  cancelled: 'The technician withdrew the request before both ends were connected.',
  'device-offline': 'The agent of the device could not be reached when approval was asked for.',
  'ended-by-terminal': 'The technician ended the session.',
  'ended-by-device': 'The session was ended at the device.',
  'ended-by-administrator': 'An administrator ended the session.',
  'halted-by-deployment': 'The session was halted so that the relay could be deployed.',
  'lost-device': "The device's connection to the relay was lost.",
  'lost-terminal': "The terminal's connection to the relay was lost.",
  'lost-relay': 'The relay stopped while it carried the session.',
  failed: 'The session could not be set up; the detail says why.',
} as const;
export type Ending = keyof typeof ENDINGS;
export const ending = z.enum(Object.keys(ENDINGS) as [Ending, ...Ending[]]);

/** Why the relay wrote the end log of one half. */
export const END_REASONS = {
  requested: 'this half asked for termination and the control plane accepted (S262, S292)',
  'control-plane': 'the control plane had the relay end this half (S331)',
  lost: 'the WebSocket of this half was closed or broke without a request',
  expired: 'the valid duration was over and the control plane had not ended the half by then',
  'never-connected': 'this half never established its connection',
  'relay-stopped': 'the relay was stopped in order',
  'relay-restarted': 'the relay found the half open after it had been killed',
  presumed: 'no relay reported an end in time; the control plane closed the books',
} as const;
export type EndReason = keyof typeof END_REASONS;
export const endReason = z.enum(Object.keys(END_REASONS) as [EndReason, ...EndReason[]]);
