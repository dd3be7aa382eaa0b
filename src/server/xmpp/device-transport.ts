import type { FormFields, JobReport } from '../../protocol/ad-hoc-command';
import type { Exchange } from '../../protocol/control-channel';
import type { Operation } from '../../protocol/maintenance';
import type { Carried } from '../../protocol/wake';

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

/** Another way to an agent that has no stream, for some exchanges. */
export interface Carrier {
  /** The agent that carries. */
  readonly substitute: string;
  carries(exchange: Pick<Exchange, 'name'>): boolean;
  /** @throws as `DeviceTransport.request` */
  request<Request, Response>(
    exchange: Exchange<Request, Response>,
    body: Request,
    timeoutMs?: number,
  ): Promise<Response>;
  close(): void;
}

/**
 * The control channel as features see it: typed exchanges with agents, independent of the XMPP server. It knows no
 * feature; features register their handlers.
 */
export abstract class DeviceTransport {
  /**
   * Sends a request to one agent and waits for its answer: over its stream, or over its carrier if it has none.
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

  /** Answers a request of an agent that a carrier has brought, as one of its stream. Never rejects. */
  abstract answerCarried(agentId: string, name: string, body: unknown): Promise<Carried<unknown>>;

  /** Whether the agent has a stream. */
  abstract isOnline(agentId: string): boolean;

  /** IDs of all agents that have one. */
  abstract onlineAgents(): string[];

  /** Whether a request reaches the agent now: over its stream, or over a carrier that carries the exchange. */
  abstract reaches(agentId: string, exchange: Pick<Exchange, 'name'>): boolean;

  /** Sets the carrier of an agent, or removes it; the earlier one is closed. */
  abstract setCarrier(agentId: string, carrier: Carrier | undefined): void;
  abstract carrierOf(agentId: string): Carrier | undefined;

  /** Called for every change of an agent's connection. */
  abstract onPresence(listener: (presence: Presence) => void): void;

  /** Why no agent can be connected; undefined: agents can connect. */
  get problem(): string | undefined {
    return undefined;
  }

  /** Whether agents wait to be admitted, as all do after a restart: what can wait leaves them the server. */
  get isAdmitting(): boolean {
    return false;
  }

  /** Ends the agent's stream and closes its carrier, as when its account has been removed. */
  abstract disconnect(agentId: string): void;
}
