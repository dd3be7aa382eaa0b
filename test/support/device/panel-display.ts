import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';
import type { PanelMessage } from '../../../src/protocol/simulated-mfp';
import { until } from '../until';

type PictureMessage = Extract<PanelMessage, { type: 'picture' }>;

/** A display of the simulated MFP without a screen: what it gets, and what it sends. */
export class PanelDisplay {
  readonly messages: PanelMessage[] = [];

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.messages.push(JSON.parse(data.toString()) as PanelMessage));
    socket.on('error', () => undefined);
  }

  /** Resolves with the first picture there. */
  static async open(url: string, options?: ClientOptions): Promise<PanelDisplay> {
    const socket = new WebSocket(new URL('/ws/panel', url).href.replace('http', 'ws'), options);
    const display = new PanelDisplay(socket);
    await once(socket, 'open');
    await until('the first picture', () => display.pictures.length > 0);
    return display;
  }

  get pictures(): PictureMessage[] {
    return this.messages.filter((message) => message.type === 'picture');
  }
  get last(): PictureMessage {
    return this.pictures.at(-1)!;
  }
  get id(): number {
    const [welcome] = this.messages;
    if (welcome?.type !== 'welcome') throw new Error('there was no welcome');
    return welcome.display;
  }
  get refusals(): string[] {
    return this.messages.flatMap((message) => (message.type === 'refused' ? [message.reason] : []));
  }

  touch(target: string): void {
    this.socket.send(JSON.stringify({ type: 'touch', target }));
  }
  key(key: string): void {
    this.socket.send(JSON.stringify({ type: 'key', key }));
  }
  sees(what: string, look: (message: PictureMessage) => boolean): Promise<PictureMessage> {
    return until(what, () => look(this.last) && this.last);
  }
  /** Closes the WebSocket; its close code. */
  async closed(): Promise<number> {
    if (this.socket.readyState === WebSocket.CLOSED) throw new Error('it is closed already');
    const [code] = (await once(this.socket, 'close', { signal: AbortSignal.timeout(60_000) })) as [number];
    return code;
  }
}
