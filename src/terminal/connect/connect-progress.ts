import type { Session } from '../../protocol/api';
import type { Ending, SessionState } from '../../protocol/remote-session';
import { duration, moment } from '../formats';
import type { TerminalIo } from '../terminal-io';

type Event =
  'requested' | 'approved' | 'connected' | 'listening' | 'deployment' | 'draining' | 'resumed' | 'halted' | 'ended';

const WORDS: Partial<Record<SessionState, string>> = {
  approved: 'YES at the device. The relay is being asked for the connection.',
  prepared: 'The connection is being set up.',
};

/** Tells how far a connection has come: in words on standard error, or with --json as one object a line on standard output. */
export class ConnectProgress {
  private state: SessionState | undefined;
  private isDeploying = false;

  constructor(
    private readonly io: TerminalIo,
    private readonly json: boolean,
  ) {}

  event(event: Event, fields: Record<string, unknown>): void {
    if (this.json) this.io.printJson({ event, ...fields });
  }

  /** No session can be asked for yet. */
  deploying(askAgainInSeconds: number): void {
    this.event('deployment', { askAgainInSeconds: Math.round(askAgainInSeconds) });
    if (!this.isDeploying) this.say('A new relay is being deployed: no session can be started before it serves.');
    this.isDeploying = true;
    this.io.tellInPlace(`(asking again in ${duration(askAgainInSeconds)}; Ctrl-C gives up) `);
  }

  requested(session: Session): void {
    this.state = undefined;
    this.isDeploying = false;
    this.event('requested', {
      sessionId: session.id,
      deviceId: session.deviceId,
      applicationId: session.applicationId,
    });
    this.say(`Session ${session.id}: ${session.deviceName} has been asked.`);
  }

  /** `answerWithinSeconds`: what the server leaves the person at the device. */
  waiting(state: SessionState, answerWithinSeconds: number | undefined): void {
    const changed = state !== this.state;
    this.state = state;
    if (state === 'requested') {
      if (changed) this.say('Waiting for YES at the device.');
      const left = answerWithinSeconds === undefined ? '' : `${duration(answerWithinSeconds)} left; `;
      this.io.tellInPlace(`(${left}Ctrl-C withdraws the request) `);
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

  /** `endsAt`: the end of the valid duration by the clock here, `validUntil` by the server's. */
  connected(validUntil: string, endsAt: Date): void {
    this.event('connected', { validUntil });
    this.say(`Connected with the device, until ${moment(endsAt.toISOString()).slice(11)} at the latest.`);
  }

  listening(port: number): void {
    const url = `http://127.0.0.1:${port}/`;
    this.event('listening', { url, host: '127.0.0.1', port });
    if (!this.json) this.io.print(url);
    this.say('Ctrl-C ends the session.');
  }

  draining(returnAfterSeconds: number): void {
    this.event('draining', { returnAfterSeconds });
    this.say('A new relay is about to be deployed, and the session will be halted for it. End it when you can.');
  }

  /** The deployment was aborted, or has failed before it came to this session. */
  resumed(): void {
    this.event('resumed', {});
    this.say('No new relay is deployed for now; the session goes on.');
  }

  /** S316 */
  halted(sessionId: string): void {
    this.event('halted', { sessionId });
    this.say('The session is halted: a new relay is being deployed. The device is all right.');
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
