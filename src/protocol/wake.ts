import { z } from 'zod';
import { requestApproval } from './control-channel';
import { agentId } from './names';

/**
 * Waking an agent that holds no session with the control plane (abstract 1). The control plane gave it a key when it
 * went to sleep; what is sealed with that key travels through a substitute, which can neither read nor make it:
 *
 *   server     -> substitute   wake               control channel; names where the sleeper listens
 *   substitute -> sleeper      Wake-on-LAN        if the sleeper has announced a MAC address
 *   substitute -> sleeper      TCP, one line      "platen-wake/1 <sealed>", answered "taken" or "refused"
 *   sleeper    -> server       logs in            and processes the sealed request
 */
export const WAKE_LINE = 'platen-wake/1';
export const WAKE_ANSWERS = ['taken', 'refused'] as const;
export type WakeAnswer = (typeof WAKE_ANSWERS)[number];

/** What is authenticated with the sealed request: it serves this agent only. */
export const wakeContext = (agent: string): string => `${WAKE_LINE} ${agent}`;

/** The tunnel connection request, sealed. */
export const wakeRequest = z.object({
  agentId,
  /** S142; null where the agent is needed for something else. */
  approval: requestApproval.request.nullable(),
});
export type WakeRequest = z.infer<typeof wakeRequest>;
