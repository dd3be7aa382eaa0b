import { z } from 'zod';
import { requestApproval } from './control-channel';
import { agentId } from './names';

/**
 * Waking an agent that has no connection to the control plane (abstract 1). The control plane gave the agent a key when
 * it went to sleep. A substitute forwards a request sealed with that key; it can neither read nor forge it:
 *
 *   server     -> substitute   wake               control channel; contains the address of the sleeper
 *   substitute -> sleeper      Wake-on-LAN        if the sleeper has announced a MAC address
 *   substitute -> sleeper      TCP, one line      "platen-wake/1 <sealed>", answered "taken" or "refused"
 *   sleeper    -> server       logs in            and processes the sealed request
 */
export const WAKE_LINE = 'platen-wake/1';
export const WAKE_ANSWERS = ['taken', 'refused'] as const;
export type WakeAnswer = (typeof WAKE_ANSWERS)[number];

/** Additional authenticated data: binds the sealed request to one agent. */
export const wakeContext = (agent: string): string => `${WAKE_LINE} ${agent}`;

/** The sealed tunnel connection request. */
export const wakeRequest = z.object({
  agentId,
  /** S142; null if the agent is woken for another purpose. */
  approval: requestApproval.request.nullable(),
});
export type WakeRequest = z.infer<typeof wakeRequest>;
