import type { z } from 'zod';
import type { Journal } from '../../journal/journal';
import type { Exchange } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import {
  AGENT_METHODS,
  SERVER_METHODS,
  type Carried,
  type CarriedToAgent,
  type CarriedToServer,
} from '../../protocol/wake';
import { RpcPeer, type RpcHandlers } from '../../tunnel/json-rpc';
import { RpcTimeout } from '../../tunnel/json-rpc.errors';
import type { RpcChannel } from '../../tunnel/rpc-channel';
import { ChannelOffline, ChannelTimeout, ExchangeRefused } from './control-channel.errors';

/** The agent's end of the substitute channel: some exchanges while there is no stream (protocol/wake.ts). */
export class SubstituteCarrier {
  readonly closed: Promise<void>;
  readonly #peer: RpcPeer<typeof AGENT_METHODS, typeof SERVER_METHODS>;

  /** @param answer answers an exchange that the server starts, as on a stream */
  constructor(
    channel: RpcChannel,
    answer: (name: CarriedToAgent, body: unknown) => Promise<Carried<unknown>>,
    journal: Journal,
  ) {
    const names = Object.keys(AGENT_METHODS).filter((name): name is CarriedToAgent => name !== 'wake-up');
    const handlers = {
      'wake-up': () => ({}), // the agent was woken when it could open this message
      ...Object.fromEntries(names.map((name) => [name, (body: unknown) => answer(name, body)])),
    } as unknown as RpcHandlers<typeof AGENT_METHODS>;
    const openRequests = LIMITS.WAKE_LINES;
    this.#peer = new RpcPeer(channel, AGENT_METHODS, handlers, SERVER_METHODS, journal, { openRequests });
    this.closed = this.#peer.closed;
  }

  /** @throws ChannelOffline, ChannelTimeout, ExchangeRefused */
  async request<Request, Response>(
    exchange: Exchange<Request, Response> & { readonly name: CarriedToServer },
    body: Request,
    timeoutMs: number,
  ): Promise<Response> {
    const result = await this.#peer
      .call(exchange.name, body as z.infer<(typeof SERVER_METHODS)[CarriedToServer]['params']>, timeoutMs)
      .catch((error: Error) => {
        if (error instanceof RpcTimeout) throw new ChannelTimeout(`no answer in ${timeoutMs} ms`);
        throw new ChannelOffline(error.message);
      });
    if ('problem' in result) throw new ExchangeRefused(result.problem.code, result.problem.detail);
    return result.answer as Response;
  }
}
