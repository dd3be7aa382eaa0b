import type { Element } from 'node-xmpp-server';
import type { Journal } from '../../../journal/journal';
import type { Exchange } from '../../../protocol/control-channel';
import { ProblemError } from '../../../protocol/problems';
import type { Carried } from '../../../protocol/wake';
import { readPayload, writePayload } from './payload';
import { problemError } from './stanza-errors';
import { InvalidPayload } from '../xmpp.errors';
import type { XmppLimits } from '../xmpp-limits';

type Handler = (agentId: string, body: unknown) => Promise<unknown>;
interface Handled {
  readonly exchange: Exchange;
  readonly answer: Handler;
}

/** The features' handlers of agents' requests, by namespace and name of the payload. */
export class ExchangeHandlers {
  private readonly handled = new Map<string, Handled>();
  private readonly spaces = new Set<string>();

  constructor(
    private readonly limits: XmppLimits,
    private readonly journal: Journal,
  ) {}

  /** Namespaces that have a handler, for service discovery. */
  get namespaces(): string[] {
    return [...this.spaces];
  }

  add<Request, Response>(
    exchange: Exchange<Request, Response>,
    handler: (agentId: string, body: Request) => Promise<Response>,
  ): void {
    const key = keyOf(exchange.namespace, exchange.name);
    if (exchange.from !== 'agent') throw new TypeError(`agents do not start ${exchange.name}`);
    if (this.handled.has(key)) throw new TypeError(`${exchange.name} already has a handler`);
    this.spaces.add(exchange.namespace);
    const answer: Handler = async (agentId, body) => exchange.response.parse(await handler(agentId, body as Request));
    this.handled.set(key, { exchange: exchange, answer });
  }

  /** Undefined if no feature handles it; else the payload of the result, or an `<error>`. Never rejects. */
  answer(agentId: string, payload: Element): Promise<Element> | undefined {
    const handled = this.handled.get(keyOf(payload.getNS() ?? '', payload.getName()));
    if (!handled) return undefined;
    const { exchange, answer } = handled;
    const answered = async () => writePayload(exchange, await answer(agentId, readPayload(payload, exchange.request)));
    return this.inTime(answered(), exchange.name).catch((error: unknown) =>
      problemError(this.problemOf(error, exchange.name)),
    );
  }

  /** The same for a request without a stanza. @param body fits the schema of the exchange */
  async answerCarried(agentId: string, name: string, body: unknown): Promise<Carried<unknown>> {
    const handled = [...this.handled.values()].find(({ exchange }) => exchange.name === name);
    try {
      if (!handled) throw new InvalidPayload(`no such exchange: ${name}`);
      return { answer: await this.inTime(handled.answer(agentId, body), name) };
    } catch (error) {
      const { code, detail } = this.problemOf(error, name);
      return { problem: { code, detail: detail.slice(0, 500) } };
    }
  }

  private async inTime<Result>(answer: Promise<Result>, name: string): Promise<Result> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer to ${name} in time`)), this.limits.XMPP_IQ_TIMEOUT_MS);
      timer.unref();
    });
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }

  private problemOf(error: unknown, name: string): ProblemError {
    if (error instanceof ProblemError) return error;
    return new ProblemError('internal-error', `incident ${this.journal.unexpected(error, `answering ${name}`)}`);
  }
}

const keyOf = (namespace: string, name: string): string => `${namespace} ${name}`;
