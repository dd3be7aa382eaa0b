import { createHash, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { Element, StreamParser } from 'node-xmpp-server';
import { LIMITS } from '../../../protocol/limits';
import { NS_STREAM, NS_STREAM_ERRORS } from '../namespaces';
import { LimitedSax } from '../stream/limited-sax';
import type { XmppLimits } from '../xmpp-limits';
import { NS_ENGINE } from './engine-messages';

/** XEP-0114. */
const NS_COMPONENT = 'jabber:component:accept';

export interface EngineAddress {
  readonly host: string;
  readonly port: number;
  /** Domain of the agents. */
  readonly domain: string;
  /** Domain of the component. */
  readonly component: string;
  readonly secret: string;
}

/** Why there is no connection to the engine. */
export class EngineLost extends Error {
  override readonly name = 'EngineLost';
}

/** One connection to an XMPP engine, as its external component (XEP-0114). Not encrypted: it stays on one computer or network. */
export class EngineLink {
  /** Resolves with the name of the engine when its module for Platen has answered. */
  readonly opened: Promise<string>;
  /** Resolves with the reason. */
  readonly closed: Promise<string>;
  private readonly socket: Socket;
  private readonly parser: StreamParser;
  private readonly sax: LimitedSax;
  private isAccepted = false;
  private why = 'the connection was closed';
  private open!: (engine: string) => void;
  /** By ID of the request that waits for the engine. */
  private readonly answers = new Map<string, (answer: Element) => void>();
  private timer: NodeJS.Timeout;

  /** @param received gets the stanzas, and whether elements were omitted because there were too many */
  constructor(
    private readonly address: EngineAddress,
    private readonly limits: XmppLimits,
    private readonly received: (stanza: Element, isCut: boolean) => void,
  ) {
    const { host, port, component } = address;
    const sax = new LimitedSax(limits, () => LIMITS.ENGINE_STANZA_BYTES, true);
    this.sax = sax;
    this.parser = new StreamParser({
      Parser: class {
        constructor() {
          return sax; // there is one stream
        }
      },
    });
    this.parser.on('streamStart', (attributes: Record<string, string>) => this.shakeHands(attributes.id ?? ''));
    this.parser.on('stanza', (stanza: Element) => this.stanza(stanza));
    this.parser.on('end', () => this.cut(this.why));
    this.parser.on('error', (error: Error) => this.cut(error.message));
    this.socket = connect({ host, port, keepAlive: true, noDelay: true }).setEncoding('utf8');
    this.socket.on('connect', () =>
      this.socket.write(
        `<?xml version='1.0'?><stream:stream xmlns='${NS_COMPONENT}' xmlns:stream='${NS_STREAM}' to='${component}'>`,
      ),
    );
    this.socket.on('data', (text) => this.data(String(text)));
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.why = error.code ?? error.message));
    this.socket.on('end', () => this.socket.destroy());
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        clearTimeout(this.timer);
        resolve(this.why);
      });
    });
    this.opened = Promise.race([
      new Promise<string>((resolve) => (this.open = resolve)),
      this.closed.then((why) => Promise.reject(new EngineLost(why))),
    ]);
    this.opened.catch(() => undefined);
    this.timer = setTimeout(() => this.cut('it does not accept the component in time'), LIMITS.ENGINE_OPEN_MS);
  }

  /** Cuts the connection instead of queueing without a bound. */
  send(stanza: Element): void {
    if (!this.socket.writable || !this.isAccepted) return;
    if (this.socket.writableLength > LIMITS.ENGINE_OUTBOUND_BYTES) return this.cut('it does not read');
    this.socket.write(stanza.root().toString());
  }

  /** Closes the stream in order; limited in time. */
  async close(): Promise<void> {
    this.why = 'closed by this server';
    const force = setTimeout(() => this.socket.destroy(), this.limits.XMPP_CLOSE_MS);
    if (this.socket.writable && !this.socket.connecting) this.socket.end('</stream:stream>');
    else this.socket.destroy();
    await this.closed;
    clearTimeout(force);
  }

  private cut(why: string): void {
    this.why = why;
    this.socket.destroy();
  }

  private data(text: string): void {
    try {
      this.parser.write(text);
    } catch (error) {
      this.cut((error as Error).message);
    }
  }

  private shakeHands(streamId: string): void {
    const digest = createHash('sha1').update(`${streamId}${this.address.secret}`).digest('hex');
    this.socket.write(`<handshake>${digest}</handshake>`);
  }

  private stanza(stanza: Element): void {
    if (stanza.is('error', NS_STREAM) || stanza.name === 'stream:error') return this.cut(conditionOf(stanza));
    if (!this.isAccepted) {
      if (!stanza.is('handshake')) return this.cut('it does not answer as XEP-0114 says');
      this.isAccepted = true;
      return this.meet();
    }
    const answer = stanza.attrs.from === this.address.domain && this.answers.get(stanza.attrs.id ?? '');
    if (answer) return answer(stanza);
    this.received(stanza, this.sax.isCut);
  }

  /** Asks for its module, and asks again regularly: TCP alone does not notice that the engine is gone. */
  private meet(): void {
    const id = randomUUID();
    const { domain, component } = this.address;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.cut('it does not answer'), LIMITS.ENGINE_OPEN_MS).unref();
    this.answers.set(id, (answer) => {
      this.answers.delete(id);
      const engine = answer.getChild('engine', NS_ENGINE);
      if (answer.attrs.type !== 'result' || !engine)
        return this.cut(`it serves no domain ${domain} with the module for Platen`);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.meet(), LIMITS.ENGINE_PING_INTERVAL_MS).unref();
      this.open(`${engine.attrs.name ?? ''} ${engine.attrs.version ?? ''}`.trim());
    });
    const iq = new Element('iq', { type: 'get', id, from: component, to: domain });
    iq.c('engine', { xmlns: NS_ENGINE });
    this.send(iq);
  }
}

function conditionOf(error: Element): string {
  const children = error.getChildElements().filter((child) => child.getNS() === NS_STREAM_ERRORS);
  const text = children.find((child) => child.getName() === 'text')?.getText();
  const condition = children.find((child) => child.getName() !== 'text')?.getName() ?? 'undefined-condition';
  return `${condition}${text ? ` (${text.slice(0, 200)})` : ''}`;
}
