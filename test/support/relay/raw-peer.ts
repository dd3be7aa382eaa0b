import { once } from 'node:events';
import WebSocket from 'ws';
import type { ConnectionInfo } from '../../../src/protocol/control-channel';
import type { RelayMessage } from '../../../src/protocol/relay-messages';
import { RELAY_SUBPROTOCOL } from '../../../src/protocol/version';
import { until } from '../until';

/** A peer of the relay by hand: for what a well-behaved one never does. */
export class RawPeer {
  readonly messages: RelayMessage[] = [];
  bytes = 0;
  readonly closed: Promise<{ code: number; reason: string }>;

  static async open(url: string, options: WebSocket.ClientOptions = {}): Promise<RawPeer> {
    const ws = new WebSocket(url, RELAY_SUBPROTOCOL, { perMessageDeflate: false, ...options });
    const peer = new RawPeer(ws);
    await once(ws, 'open');
    return peer;
  }

  /** Opens and establishes. @param more of the message `establish` */
  static async establish(info: ConnectionInfo, options: WebSocket.ClientOptions = {}, more = {}): Promise<RawPeer> {
    const peer = await RawPeer.open(info.url, options);
    peer.send({ type: 'establish', sessionId: info.sessionId, token: info.token, ...more });
    await peer.message('established');
    return peer;
  }

  private constructor(readonly ws: WebSocket) {
    ws.on('error', () => undefined);
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.bytes += data.length;
      else this.messages.push(JSON.parse(data.toString()) as RelayMessage);
    });
    this.closed = new Promise((resolve) =>
      ws.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  send(message: object): void {
    this.ws.send(JSON.stringify(message));
  }

  async message(type: RelayMessage['type']): Promise<RelayMessage> {
    const find = () => this.messages.find((message) => message.type === type);
    await until(`the message ${type}`, () => find() !== undefined || this.ws.readyState === WebSocket.CLOSED);
    const found = find();
    if (!found) throw new Error(`closed without ${type}: ${JSON.stringify(this.messages)}`);
    return found;
  }
}
