import type { Element } from 'node-xmpp-server';
import type { Journal } from '../../../journal/journal';
import type { Exchange } from '../../../protocol/control-channel';
import { ProblemError } from '../../../protocol/problems';
import { readPayload, writePayload } from './payload';
import { problemError, stanzaError } from './stanza-errors';
import type { XmppLimits } from '../xmpp-limits';

type Answer = (agentId: string, payload: Element) => Promise<Element>;

/** The features' handlers of agents' requests, by namespace and name of the payload. */
export class ExchangeHandlers {
  private readonly answers = new Map<string, Answer>();
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
    if (this.answers.has(key)) throw new TypeError(`${exchange.name} already has a handler`);
    this.spaces.add(exchange.namespace);
    this.answers.set(key, async (agentId, payload) => {
      const response = await handler(agentId, readPayload(payload, exchange.request));
      return writePayload(exchange, exchange.response.parse(response));
    });
  }

  /** Undefined if no feature handles it; else the payload of the result, or an `<error>`. Never rejects. */
  answer(agentId: string, payload: Element): Promise<Element> | undefined {
    const answer = this.answers.get(keyOf(payload.getNS() ?? '', payload.getName()));
    return answer && this.inTime(answer(agentId, payload), payload.getName());
  }

  private async inTime(answer: Promise<Element>, name: string): Promise<Element> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer to ${name} in time`)), this.limits.XMPP_IQ_TIMEOUT_MS);
      timer.unref();
    });
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      if (error instanceof ProblemError) return problemError(error);
      const incident = this.journal.unexpected(error, `answering ${name}`);
      return stanzaError('internal-server-error', `incident ${incident}`, 'internal-error');
    } finally {
      clearTimeout(timer);
    }
  }
}

const keyOf = (namespace: string, name: string): string => `${namespace} ${name}`;
