import { randomUUID } from 'node:crypto';
import type { Element } from '@xmpp/client';
import { NS_COMMANDS } from '../../../src/protocol/ad-hoc-command';
import { NS_JSON, NS_PROBLEM, type Exchange } from '../../../src/protocol/control-channel';
import { timerMs } from '../../../src/protocol/waits';
import vectors from '../../vectors/control-channel.json';
import { parseXml } from '../xmpp/parse-xml';
import { ScriptedCommand } from './scripted-command';
import { until } from '../until';
import { XmppWire } from '../xmpp/xmpp-wire';

const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const STANZA = /<iq\b[^>]*\/>|<iq\b[^>]*>[\s\S]*?<\/iq>/;
const FOR_EVER_MS = timerMs(Infinity);

/** What an agent answers to one exchange: a body, a problem's code, or nothing at all. */
export type ScriptedAnswer = { body: object } | { problem: string; detail?: string } | 'silence';

/** The same, perhaps by the body of the request. */
export type ScriptedAnswerOf =
  ScriptedAnswer | Promise<ScriptedAnswer> | ((body: Record<string, unknown>) => ScriptedAnswer);

/** An agent's end of the control channel, on a real stream; records what it is asked and answers what a test says. */
export class ScriptedAgent {
  /** What the server has asked, in order. */
  readonly asked: { name: string; body: Record<string, unknown> }[] = [];
  /** The ad-hoc commands that it was given, in order; each is answered by the test, or never. */
  readonly commands: ScriptedCommand[] = [];
  /** By the name of the exchange; otherwise every request is answered `{}`. */
  readonly answers = new Map<string, ScriptedAnswerOf>([
    ['terminate', { body: { connected: true } }],
    ['acquire-information', { body: vectors.acquireInformation.response }],
  ]);
  /** Called for each command that it is given. */
  onCommand: (command: ScriptedCommand) => void = () => undefined;
  /** Called for each request, before it is answered. */
  onAsked: (name: string, body: Record<string, unknown>) => void = () => undefined;
  private readonly waiting = new Map<string, (iq: Element) => void>();

  private constructor(
    readonly wire: XmppWire,
    answers: Iterable<readonly [string, ScriptedAnswerOf]> = [],
  ) {
    for (const [name, answer] of answers) this.answers.set(name, answer);
    void this.listen();
  }

  /**
   * @param resource that it requests; without one, it identifies no installation
   * @param answers for requests that follow the login at once
   */
  static async login(
    port: number,
    domain: string,
    agentId: string,
    password: string,
    resource?: string,
    answers?: ScriptedAgent['answers'],
  ): Promise<ScriptedAgent> {
    const wire = await XmppWire.connect(port, domain);
    try {
      await wire.login(agentId, password, undefined, resource);
      return new ScriptedAgent(wire, answers);
    } catch (error) {
      wire.destroy();
      throw error;
    }
  }

  /** Starts an exchange. @returns the answer's body, or the code of the problem */
  async ask<Request, Response>(exchange: Exchange<Request, Response>, body: Request): Promise<Response | string> {
    const id = randomUUID();
    const payload = container(exchange.name, exchange.namespace, body);
    const answer = new Promise<Element>((resolve) => this.waiting.set(id, resolve));
    this.wire.write(`<iq type='set' id='${id}'>${payload}</iq>`);
    const iq = await Promise.race([
      answer,
      this.wire.closed.then((): never => {
        throw new Error(`the stream closed before ${exchange.name} was answered`);
      }),
    ]);
    const error = iq.getChild('error');
    if (error) return String(error.getChild('problem', NS_PROBLEM)?.attrs.code);
    return exchange.response.parse(bodyOf(iq.getChild(exchange.name, exchange.namespace)));
  }

  /** Waits for the request with this name and session, or for the last of so many. @returns its body */
  async awaitRequest(name: string, remoteSessionId: string, times = 1): Promise<Record<string, unknown>> {
    const look = () =>
      this.asked.filter((each) => each.name === name && each.body.remoteSessionId === remoteSessionId)[times - 1];
    return (await until(`${name} of session ${remoteSessionId}`, look)).body;
  }

  /** Waits for a command of this job that has not been answered yet. */
  commanded(jobId: string, action: 'execute' | 'next' | 'cancel'): Promise<ScriptedCommand> {
    return until(`${action} of job ${jobId}`, () =>
      this.commands.find((each) => each.jobId === jobId && each.action === action && !each.isAnswered),
    );
  }

  /** Waits until the server has taken all that this agent has sent (stanzas of one stream are in order). */
  async settled(): Promise<void> {
    const id = randomUUID();
    const answer = new Promise<Element>((resolve) => this.waiting.set(id, resolve));
    this.wire.write(`<iq type='get' id='${id}'><ping xmlns='urn:xmpp:ping'/></iq>`);
    await answer;
  }

  leave(): Promise<void> {
    this.wire.destroy();
    return this.wire.closed;
  }

  private async listen(): Promise<void> {
    try {
      for (;;) this.receive(parseXml((await this.wire.expect(STANZA, FOR_EVER_MS))[0]));
    } catch {
      // the stream is closed
    }
  }

  private receive(iq: Element): void {
    const { id, type } = iq.attrs as { id: string; type: string };
    if (type === 'result' || type === 'error') return this.waiting.get(id)?.(iq);
    const [payload] = iq.getChildElements();
    if (!payload || type === 'get') return this.wire.write(`<iq type='result' id='${id}'/>`);
    if (payload.is('command', NS_COMMANDS)) {
      const command = new ScriptedCommand(id, payload, (xml) => this.wire.write(xml));
      this.commands.push(command);
      return this.onCommand(command);
    }
    this.asked.push({ name: payload.name, body: bodyOf(payload) });
    this.onAsked(payload.name, bodyOf(payload));
    void this.answer(id, payload);
  }

  private async answer(id: string, payload: Element): Promise<void> {
    const known = this.answers.get(payload.name);
    const answer = (await (typeof known === 'function' ? known(bodyOf(payload)) : known)) ?? { body: {} };
    if (answer === 'silence') return;
    if ('body' in answer) {
      const result = container(payload.name, String(payload.attrs.xmlns), answer.body);
      return this.wire.write(`<iq type='result' id='${id}'>${result}</iq>`);
    }
    const { problem, detail = '' } = answer;
    const text = `<text xmlns='${NS_STANZAS}'>${detail}</text><problem xmlns='${NS_PROBLEM}' code='${problem}'/>`;
    this.wire.write(
      `<iq type='error' id='${id}'><error type='cancel'><not-allowed xmlns='${NS_STANZAS}'/>${text}</error></iq>`,
    );
  }
}

function container(name: string, namespace: string, body: unknown): string {
  const text = JSON.stringify(body).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<${name} xmlns='${namespace}'><json xmlns='${NS_JSON}'>${text}</json></${name}>`;
}

const bodyOf = (payload: Element | undefined): Record<string, unknown> =>
  JSON.parse(payload?.getChild('json', NS_JSON)?.text() ?? '{}') as Record<string, unknown>;
