import { WebSocket, type RawData } from 'ws';
import { parseJson } from '../../protocol/parse-json';
import { isOwnInput } from '../display/own-screen';
import { MFP_LIMITS } from '../mfp-limits';
import { panelInput, type PanelInput, type PanelMessage, type Place, type Role } from '../../protocol/simulated-mfp';

const POLICY_VIOLATION = 1008;

export interface DisplayOptions {
  id: number;
  role: Role;
  place: Place;
  onInput(input: PanelInput): void;
  onClose(): void;
}

/** One display, connected by a WebSocket. At most one picture waits, so a slow display skips pictures. */
export class Display {
  touchedAt = -Infinity;
  private next: string | undefined;
  private sending = false;
  private alive = true;
  private bad = 0;
  private second = 0;
  private messages = 0;
  private readonly ping: NodeJS.Timeout;

  constructor(
    private readonly socket: WebSocket,
    private readonly options: DisplayOptions,
  ) {
    this.ping = setInterval(() => this.checkAlive(), MFP_LIMITS.PANEL_PING_MS);
    socket.on('error', () => socket.terminate());
    socket.on('pong', () => (this.alive = true));
    socket.on('message', (data, isBinary) => this.receive(data, isBinary));
    socket.on('close', () => {
      clearInterval(this.ping);
      options.onClose();
    });
    this.send({ type: 'welcome', display: options.id, role: options.role });
  }

  get id(): number {
    return this.options.id;
  }
  get role(): Role {
    return this.options.role;
  }
  get place(): Place {
    return this.options.place;
  }

  /** Sends a picture as soon as the one before has been sent; a newer one replaces it. */
  show(text: string): void {
    this.next = text;
    this.pump();
  }

  close(): void {
    this.socket.close(1001, 'device stops');
    this.socket.terminate();
  }

  private pump(): void {
    if (this.sending || this.next === undefined || this.socket.readyState !== WebSocket.OPEN) return;
    const text = this.next;
    this.next = undefined;
    this.sending = true;
    this.socket.send(text, () => {
      this.sending = false;
      this.pump();
    });
  }

  private receive(data: RawData, isBinary: boolean): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.tooMany()) return this.socket.close(POLICY_VIOLATION, 'too many messages');
    if (this.role === 'view')
      return this.send({ type: 'refused', reason: 'view-only', text: 'View only: touches have no effect.' });
    const parsed = isBinary ? undefined : panelInput.safeParse(parseJson((data as Buffer).toString('utf8')));
    if (parsed?.success && isOwnInput(parsed.data) && this.place !== 'device')
      return this.send({ type: 'refused', reason: 'own-display-only', text: 'Only possible at the device itself.' });
    if (parsed?.success) return this.options.onInput(parsed.data);
    if (++this.bad > MFP_LIMITS.PANEL_BAD_MESSAGES) return this.socket.close(POLICY_VIOLATION, 'malformed messages');
    this.send({ type: 'refused', reason: 'malformed', text: 'The device did not understand this display.' });
  }

  private tooMany(): boolean {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.second) this.messages = 0;
    this.second = second;
    return ++this.messages > MFP_LIMITS.PANEL_MESSAGES_PER_SECOND;
  }

  /** Answers are dropped rather than queued for a display that does not read them. */
  private send(message: PanelMessage): void {
    if (this.socket.bufferedAmount < MFP_LIMITS.PANEL_ANSWERS_BYTES) this.socket.send(JSON.stringify(message));
  }

  private checkAlive(): void {
    if (!this.alive) return this.socket.terminate();
    this.alive = false;
    this.socket.ping();
  }
}
