import type { Session } from '../protocol/api';
import type { Ending, SessionState } from '../protocol/remote-session';
import { LIMITS } from '../protocol/limits';
import { duration, moment } from './formats';
import type { TerminalIo } from './terminal-io';

type Event = 'requested' | 'approved' | 'connected' | 'listening' | 'draining' | 'ended';

const WORDS: Partial<Record<SessionState, string>> = {
  approved: 'YES at the device. The relay is being asked for the connection.',
  prepared: 'The connection is being set up.',
};

/** Tells how far a connection has come: in words on standard error, or with --json as one object a line on standard output. */
export class ConnectProgress {
  private state: SessionState | undefined;

  constructor(
    private readonly io: TerminalIo,
    private readonly json: boolean,
  ) {}

  event(event: Event, fields: Record<string, unknown>): void {
    if (this.json) this.io.printJson({ event, ...fields });
  }

  requested(session: Session): void {
    this.event('requested', {
      sessionId: session.id,
      deviceId: session.deviceId,
      applicationId: session.applicationId,
    });
    this.say(`Session ${session.id}: ${session.deviceName} has been asked.`);
  }

  /** `askedAt` in milliseconds; the time that is left is that of a server with the default setting. */
  waiting(state: SessionState, askedAt: number): void {
    const changed = state !== this.state;
    this.state = state;
    if (state === 'requested') {
      const left = duration((askedAt + LIMITS.APPROVAL_MS - Date.now()) / 1000);
      if (changed) this.say('Waiting for YES at the device.');
      this.io.tellInPlace(`(${left} left; Ctrl-C withdraws the request) `);
      return;
    }
    const words = WORDS[state];
    if (changed && words) this.say(words);
  }

  approved(): void {
    this.event('approved', {});
    this.say('Approved. Connecting to the relay.');
  }

  /** This half is established; the device's may follow. */
  established(): void {
    this.say('Connected to the relay. Waiting for the device.');
  }

  connected(validUntil: Date): void {
    this.event('connected', { validUntil: validUntil.toISOString() });
    this.say(`Connected with the device, until ${moment(validUntil.toISOString()).slice(11)} at the latest.`);
  }

  listening(port: number): void {
    const url = `http://127.0.0.1:${port}/`;
    this.event('listening', { url, host: '127.0.0.1', port });
    if (!this.json) this.io.print(url);
    this.say('Ctrl-C ends the session.');
  }

  draining(returnAfterSeconds: number): void {
    this.event('draining', { returnAfterSeconds });
    this.say('The relay is about to be replaced: end the session when you can.');
  }

  ended(ending: Ending | null, fields: Record<string, unknown>): void {
    this.event('ended', { ending, ...fields });
  }

  /** A line of the summary: a result where a person reads, progress beside --json. */
  sum(line: string): void {
    if (this.json) return this.say(line);
    this.io.clearLine();
    this.io.print(line);
  }

  say(line: string): void {
    this.io.clearLine();
    this.io.tell(line);
  }
}
