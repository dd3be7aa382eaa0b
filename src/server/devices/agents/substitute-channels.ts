import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import { Journal } from '../../../journal/journal';
import { passToAgent, passToServer, wake, type Exchange } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import { AGENT_METHODS, isCarriedToAgent, SERVER_METHODS, type CarriedToAgent } from '../../../protocol/wake';
import { RpcPeer } from '../../../tunnel/json-rpc';
import { RpcTimeout, RpcUnavailable } from '../../../tunnel/json-rpc.errors';
import { SealedChannel } from '../../../tunnel/sealed-channel';
import { DeviceTransport, type Carrier } from '../../xmpp/device-transport';
import { AgentOffline, AgentRefused, AgentSilent } from '../../xmpp/xmpp.errors';
import { DeviceEvents } from '../device-events';
import type { AgentWakeKey } from './agent.entity';

type Peer = RpcPeer<typeof SERVER_METHODS, typeof AGENT_METHODS>;
type Failure = Exclude<z.infer<typeof wake.response>, { outcome: 'open' }>;
interface Woken {
  readonly id: string;
  readonly wake: AgentWakeKey;
}

/** The substitute channel of one agent: carries exchanges, sealed, through another agent (protocol/wake.ts). */
export class SubstituteChannel implements Carrier {
  constructor(
    readonly agentId: string,
    readonly substitute: string,
    private readonly peer: Peer,
  ) {}

  carries({ name }: Pick<Exchange, 'name'>): boolean {
    return this.peer.isOpen && isCarriedToAgent(name);
  }

  async request<Request, Response>(
    exchange: Exchange<Request, Response>,
    body: Request,
    timeoutMs: number = LIMITS.XMPP_IQ_TIMEOUT_MS,
  ): Promise<Response> {
    const params = exchange.request.parse(body) as z.infer<(typeof AGENT_METHODS)[CarriedToAgent]['params']>;
    const result = await this.call(this.peer.call(exchange.name as CarriedToAgent, params, timeoutMs), timeoutMs);
    if ('problem' in result) throw new AgentRefused(this.agentId, result.problem.code, result.problem.detail);
    return result.answer as Response;
  }

  /** Wakes the agent for what a substitute does not carry. @throws as `request` */
  async wakeUp(): Promise<void> {
    const timeoutMs = LIMITS.XMPP_IQ_TIMEOUT_MS;
    await this.call(this.peer.call('wake-up', {}, timeoutMs), timeoutMs);
  }

  close(): void {
    this.peer.close();
  }

  private async call<Result>(called: Promise<Result>, timeoutMs: number): Promise<Result> {
    try {
      return await called;
    } catch (error) {
      if (error instanceof RpcUnavailable) throw new AgentOffline(this.agentId);
      if (!(error instanceof RpcTimeout)) throw new AgentRefused(this.agentId, 'unreadable-answer', String(error));
      // the substitute or the agent may be gone: the next request finds another way
      this.close();
      throw new AgentSilent(this.agentId, `did not answer in ${timeoutMs} ms`);
    }
  }
}

/** An open channel, as its substitute knows it. */
interface Open {
  readonly agentId: string;
  readonly substitute: string;
  readonly sealed: SealedChannel;
}

/** Opens substitute channels, and passes their lines to and from the substitutes. */
@Injectable()
export class SubstituteChannels implements OnModuleInit, OnModuleDestroy {
  /** By channel ID. */
  private readonly open = new Map<string, Open>();

  constructor(
    private readonly transport: DeviceTransport,
    private readonly events: DeviceEvents,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.transport.handle(passToServer, (substitute, { channelId, line }) =>
      Promise.resolve({ open: this.received(substitute, channelId, line) }),
    );
    this.transport.onPresence(({ agentId, online }) => {
      if (!online) return this.end(({ substitute }) => substitute === agentId);
      // the answers to what it was asked are still on their way
      const closed = () => this.transport.isOnline(agentId) && this.end((each) => each.agentId === agentId);
      setTimeout(closed, LIMITS.XMPP_IQ_TIMEOUT_MS).unref();
    });
    this.events.on('moved', ({ agentId }) => this.endAllOf(agentId));
    this.events.on('removed', (agentId) => this.endAllOf(agentId));
  }

  onModuleDestroy(): void {
    this.end(() => true);
  }

  /** Has a substitute connect to an agent. Nothing has been sealed for the agent yet. @throws as DeviceTransport.request */
  async connect(
    { id: agentId, wake: { address, key } }: Woken,
    substitute: string,
  ): Promise<SubstituteChannel | Failure> {
    const channelId = randomUUID();
    const timeoutMs = LIMITS.WAKE_SEND_MS + LIMITS.XMPP_IQ_TIMEOUT_MS / 2;
    const body = { channelId, agentId, wake: address };
    const connected = await this.transport.request(substitute, wake, body, { timeoutMs });
    if (connected.outcome !== 'open') return connected;

    const lines = new PassedLines(this.transport, substitute, channelId, () => this.ended(channelId));
    const sealed = new SealedChannel(Buffer.from(key, 'base64url'), {
      ...{ agentId, channelId, challenge: connected.challenge },
      end: 'server',
      since: performance.now(),
      send: (line) => lines.pass(line),
      close: () => lines.pass(null),
    });
    this.open.set(channelId, { agentId, substitute, sealed });
    const handlers = {
      approval: (answer: unknown) => this.transport.answerCarried(agentId, 'approval', answer) as Promise<never>,
    };
    const openRequests = LIMITS.WAKE_LINES;
    const peer = new RpcPeer(sealed, SERVER_METHODS, handlers, AGENT_METHODS, this.journal, { openRequests });
    const channel = new SubstituteChannel(agentId, substitute, peer);
    void peer.closed.then(() => {
      this.open.delete(channelId);
      if (this.transport.carrierOf(agentId) === channel) this.transport.setCarrier(agentId, undefined);
    });
    return channel;
  }

  private received(substitute: string, channelId: string, line: string | null): boolean {
    const channel = this.open.get(channelId);
    if (channel?.substitute !== substitute) return false;
    if (line !== null) return channel.sealed.receive(line);
    this.ended(channelId);
    return false;
  }

  /** The substitute has closed the connection. */
  private ended(channelId: string): void {
    this.open.get(channelId)?.sealed.ended();
  }

  private endAllOf(agentId: string): void {
    this.end((each) => each.agentId === agentId || each.substitute === agentId);
  }

  private end(which: (channel: Open) => boolean): void {
    for (const channel of [...this.open.values()]) if (which(channel)) channel.sealed.close();
  }
}

/** Lines to one substitute, each after the one before is acknowledged. */
class PassedLines {
  private readonly waiting: (string | null)[] = [];

  constructor(
    private readonly transport: DeviceTransport,
    private readonly substitute: string,
    private readonly channelId: string,
    private readonly onEnded: () => void,
  ) {}

  /** @param line null: close the connection */
  pass(line: string | null): void {
    if (line !== null && this.waiting.length > 2 * LIMITS.WAKE_LINES) return this.onEnded();
    this.waiting.push(line);
    if (this.waiting.length === 1) void this.passAll();
  }

  private async passAll(): Promise<void> {
    for (let line = this.waiting[0]; line !== undefined; line = this.waiting[0]) {
      const { channelId, substitute } = this;
      const passed = this.transport.request(substitute, passToAgent, { channelId, line });
      const { open } = await passed.catch(() => ({ open: false }));
      if (!open) this.onEnded();
      this.waiting.shift();
    }
  }
}
