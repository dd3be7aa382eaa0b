import type { FormFields, JobReport } from '../../protocol/ad-hoc-command';
import type { Exchange } from '../../protocol/control-channel';
import type { Operation } from '../../protocol/maintenance';

export interface Presence {
  readonly agentId: string;
  readonly online: boolean;
  readonly at: Date;
}

/** One action of an ad-hoc command (XEP-0050); its session ID is the job ID. */
export interface JobCommand {
  readonly jobId: string;
  readonly operation: Operation;
  readonly action: 'execute' | 'next' | 'cancel';
  /** The form of `execute`. */
  readonly fields?: FormFields;
}

/**
 * The control channel as features see it: typed exchanges with agents, independent of the XMPP server. It knows no
 * feature; features register their handlers.
 */
export abstract class DeviceTransport {
  /**
   * Sends a request to one agent and waits for its answer.
   * @throws AgentOffline, AgentSilent (no answer in `timeoutMs`, default LIMITS.XMPP_IQ_TIMEOUT_MS), AgentRefused
   */
  abstract request<Request, Response>(
    agentId: string,
    exchange: Exchange<Request, Response>,
    body: Request,
    options?: { timeoutMs?: number },
  ): Promise<Response>;

  /**
   * Sends an action of an ad-hoc command to one agent and waits for its report.
   * @throws as `request`; AgentRefused has the code `bad-sessionid` if the agent does not know the job
   */
  abstract command(agentId: string, command: JobCommand, options?: { timeoutMs?: number }): Promise<JobReport>;

  /**
   * Registers the handler of an exchange that agents start. A ProblemError thrown by the handler reaches the agent with its code;
   * anything else becomes `internal-server-error` and is logged.
   */
  abstract handle<Request, Response>(
    exchange: Exchange<Request, Response>,
    handler: (agentId: string, body: Request) => Promise<Response>,
  ): void;

  abstract isOnline(agentId: string): boolean;

  /** Called for every change of an agent's connection. */
  abstract onPresence(listener: (presence: Presence) => void): void;

  /** Ends the agent's stream, as when its account has been removed. */
  abstract disconnect(agentId: string): void;
}
