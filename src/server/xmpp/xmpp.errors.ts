import { ProblemError } from '../../protocol/problems';

/** The agent has no stream, or lost it before it answered. */
export class AgentOffline extends ProblemError {
  constructor(readonly agentId: string) {
    super('device-offline', `agent ${agentId} is not connected`);
  }
}

/** The agent has a stream, but did not answer in time. */
export class AgentSilent extends ProblemError {
  constructor(
    readonly agentId: string,
    why: string,
  ) {
    super('device-offline', `agent ${agentId} ${why}`);
  }
}

/** The agent answered with an error, or with an invalid answer. */
export class AgentRefused extends Error {
  constructor(
    readonly agentId: string,
    /** The agent's problem code; if it has none, the condition of XEP-0050 4.4 or RFC 6120 8.3.3; or `unreadable-answer`. */
    readonly code: string,
    readonly detail: string,
  ) {
    super(`agent ${agentId} refused: ${code}${detail && ` (${detail})`}`);
    this.name = 'AgentRefused';
  }
}

/** What an agent sent does not match the exchange. */
export class InvalidPayload extends ProblemError {
  constructor(detail: string) {
    super('invalid-request', detail);
  }
}
