import type { Exchange } from '../../../src/protocol/control-channel';
import type { ControlChannel } from '../../../src/agent/channel/control-channel';

type Handler = (body: unknown) => unknown;

/** The control channel's port with a server that a test plays: `ask` is the server, `answers` what it says. */
export class ScriptedChannel implements Pick<ControlChannel, 'handle' | 'online' | 'reaches' | 'request'> {
  online = true;
  /** What the agent has asked, as `name body`. */
  readonly asked: string[] = [];
  /** Taken one by one for what the agent asks; when there are none it gets `{}`. */
  readonly answers: (() => Promise<unknown>)[] = [];
  readonly #handlers = new Map<string, Handler>();

  reaches(): boolean {
    return this.online;
  }

  handle<Request, Response>(
    exchange: Exchange<Request, Response>,
    handler: (body: Request) => Promise<Response> | Response,
  ): void {
    this.#handlers.set(exchange.name, handler as Handler);
  }

  async request<Request, Response>(exchange: Exchange<Request, Response>, body: Request): Promise<Response> {
    this.asked.push(`${exchange.name} ${JSON.stringify(body)}`);
    return ((await this.answers.shift()?.()) ?? {}) as Response;
  }

  /** The server starts an exchange. */
  async ask<Request, Response>(exchange: Exchange<Request, Response>, body: Request): Promise<Response> {
    return (await this.#handlers.get(exchange.name)?.(body)) as Response;
  }
}
