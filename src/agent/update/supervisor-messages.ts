import { z } from 'zod';

/** Set in the environment of an agent that a supervisor has started. */
export const SUPERVISED = 'PLATEN_AGENT_SUPERVISED';

/** From the agent to its supervisor, over the IPC channel of Node. */
export const agentMessage = z.discriminatedUnion('type', [
  /** The server has accepted its announcement. */
  z.object({ type: z.literal('online') }),
  /** Nothing is open and the server cannot start anything: restart with this version, which is stored. */
  z.object({ type: z.literal('install'), version: z.string() }),
]);
export type AgentMessage = z.infer<typeof agentMessage>;

/** The supervisor does not install the version; otherwise it stops the agent. */
export const supervisorMessage = z.object({ type: z.literal('refused'), detail: z.string() });
export type SupervisorMessage = z.infer<typeof supervisorMessage>;
