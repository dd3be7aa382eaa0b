import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { CanonicalStream } from './canonical-stream';

const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';

/** For the server's next word; long, for a busy machine: only a test that fails waits for it. */
const WAIT_MS = 90_000;

/** An XMPP client that sends exactly the bytes that a test gives it. */
export class XmppWire {
  /** What has arrived and was not expected yet. */
  received = '';
  readonly closed: Promise<void>;
  isClosed = false;
  private waiting: (() => void)[] = [];

  private constructor(
    readonly socket: Socket,
    /** The connection below `socket`. */
    private readonly tcp: Socket,
    readonly domain: string,
    canonical?: CanonicalStream,
  ) {
    socket.setEncoding('utf8');
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => {
      this.received += canonical ? canonical.feed(text) : text;
      this.wake();
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.isClosed = true;
        this.wake();
        resolve();
      });
    });
  }

  /**
   * Direct TLS; the certificate is not checked: the client side is not under test.
   * @param first what is sent in front of it
   * @param isCanonical rewrites what the server sends
   */
  static async connect(port: number, domain: string, first = '', isCanonical = false): Promise<XmppWire> {
    const tcp = await dial(port);
    tcp.write(first);
    const socket = connectTls({ socket: tcp, rejectUnauthorized: false, ALPNProtocols: ['xmpp-client'] });
    await once(socket, 'secureConnect');
    return new XmppWire(socket, tcp, domain, isCanonical ? new CanonicalStream() : undefined);
  }

  /** Without TLS. */
  static async connectInClear(port: number, domain: string): Promise<XmppWire> {
    const tcp = await dial(port);
    return new XmppWire(tcp, tcp, domain);
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Waits for text that matches, removes it and all before it from `received`, and returns the match. */
  async expect(pattern: RegExp, ms = WAIT_MS): Promise<RegExpExecArray> {
    const end = Date.now() + ms;
    for (;;) {
      const found = pattern.exec(this.received);
      if (found) {
        this.received = this.received.slice(found.index + found[0].length);
        return found;
      }
      const state = this.isClosed ? 'closed' : Date.now() > end ? `nothing in ${ms} ms` : undefined;
      if (state) throw new Error(`expected ${String(pattern)}, ${state}, received: ${this.received.slice(0, 500)}`);
      await this.change(end - Date.now());
    }
  }

  /** Fails if the server does not close in time. */
  async expectClosed(ms = WAIT_MS): Promise<void> {
    const end = Date.now() + ms;
    while (!this.isClosed) {
      if (Date.now() > end) throw new Error(`still open after ${ms} ms, received: ${this.received.slice(0, 500)}`);
      await this.change(end - Date.now());
    }
  }

  async open(to = this.domain): Promise<string> {
    this.write(streamHeader(to));
    return (await this.expect(/<stream:features[\s\S]*<\/stream:features>/))[0];
  }

  /** One SCRAM exchange up to the server's answer: `success`, or the condition of the failure. */
  async authenticate(name: string, password: string, mechanism = 'SCRAM-SHA-256'): Promise<string> {
    const algorithm = mechanism === 'SCRAM-SHA-1' ? 'sha1' : 'sha256';
    const bare = `n=${name},r=${randomBytes(12).toString('hex')}`;
    this.write(`<auth xmlns='${NS_SASL}' mechanism='${mechanism}'>${base64(`n,,${bare}`)}</auth>`);
    const challenge = await this.expect(/<challenge[^>]*>([^<]*)<\/challenge>|<failure[^>]*><([a-z-]+)/);
    if (challenge[2]) return challenge[2];
    const serverFirst = unbase64(challenge[1]!);
    const [, nonce, salt, iterations] = /^r=([^,]*),s=([^,]*),i=(\d+)$/.exec(serverFirst)!;
    const salted = pbkdf2Sync(
      password,
      Buffer.from(salt!, 'base64'),
      Number(iterations),
      algorithm === 'sha1' ? 20 : 32,
      algorithm,
    );
    const hmac = (key: Buffer, data: string) => createHmac(algorithm, key).update(data).digest();
    const clientKey = hmac(salted, 'Client Key');
    const withoutProof = `c=biws,r=${nonce}`;
    const authMessage = `${bare},${serverFirst},${withoutProof}`;
    const signature = hmac(createHash(algorithm).update(clientKey).digest(), authMessage);
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!)).toString('base64');
    this.write(`<response xmlns='${NS_SASL}'>${base64(`${withoutProof},p=${proof}`)}</response>`);
    const outcome = await this.expect(/<success[^>]*>([^<]*)<\/success>|<failure[^>]*><([a-z-]+)/);
    if (outcome[2]) return outcome[2];
    const expected = `v=${hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')}`;
    return unbase64(outcome[1]!) === expected ? 'success' : 'the server did not prove itself';
  }

  /** The full JID. @throws Error with the condition of the refusal */
  async bind(resource?: string): Promise<string> {
    const requested = resource === undefined ? '' : `<resource>${resource}</resource>`;
    this.write(`<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>${requested}</bind></iq>`);
    const answer = await this.expect(/<jid>([^<]*)<\/jid><\/bind><\/iq>|<error type="cancel"><([a-z-]+)/);
    if (answer[2]) throw new Error(`bind refused: ${answer[2]}`);
    return answer[1]!;
  }

  /** All of it, from the stream header to the full JID. */
  async login(name: string, password: string, mechanism?: string, resource?: string): Promise<string> {
    await this.open();
    const outcome = await this.authenticate(name, password, mechanism);
    if (outcome !== 'success') throw new Error(`login of ${name} refused: ${outcome}`);
    await this.open();
    return this.bind(resource);
  }

  /** Pings the server and waits for the answer. */
  async ping(id = randomBytes(6).toString('hex')): Promise<void> {
    this.write(`<iq type='get' id='${id}'><ping xmlns='urn:xmpp:ping'/></iq>`);
    await this.expect(new RegExp(`<iq type="result" id="${id}"[^>]*/>`));
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Ends the connection with a TCP reset. */
  reset(): void {
    this.tcp.resetAndDestroy();
  }

  private wake(): void {
    this.waiting.splice(0).forEach((resolve) => resolve());
  }

  private change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, ms));
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

async function dial(port: number): Promise<Socket> {
  const tcp = connectTcp({ host: '127.0.0.1', port });
  tcp.on('error', () => undefined);
  await once(tcp, 'connect');
  return tcp;
}

export const streamHeader = (to: string): string =>
  `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${to}' version='1.0'>`;

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const unbase64 = (text: string): string => Buffer.from(text, 'base64').toString();
