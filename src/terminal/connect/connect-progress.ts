import type { Session } from '../../protocol/api';
import type { Ending, SessionState } from '../../protocol/remote-session';
import { clock, duration } from '../formats';
import type { TerminalIo } from '../terminal-io';

type Event =
  | 'requested'
  | 'not-reached'
  | 'reached'
  | 'approved'
  | 'connected'
  | 'listening'
  | 'redirect'
  | 'deployment'
  | 'draining'
  | 'resumed'
  | 'interrupted'
  | 'restored'
  | 'halted'
  | 'ended';

const WORDS: Partial<Record<SessionState, string>> = {
  approved: 'Approved at the device. Preparing the connection.',
};

/** What is said when the connection of a half to the relay is interrupted, and when it is back. */
const INTERRUPTIONS = {
  terminal: [
    'The connection to the relay is interrupted. Check the network of this computer.',
    'The connection to the relay is back.',
  ],
  device: ['The connection between the device and the relay is interrupted.', 'The connection to the device is back.'],
} as const;

/** Reports progress: as text on standard error, or with --json as one object per line on standard output. */
export class ConnectProgress {
  private state: SessionState | undefined;
  private isDeploying = false;
  private countdown: NodeJS.Timeout | undefined;
  private isReached = true;

  constructor(
    private readonly io: TerminalIo,
    private readonly json: boolean,
  ) {}

  event(event: Event, fields: Record<string, unknown>): void {
    if (this.json) this.io.printJson({ event, ...fields });
  }

  /** New sessions are not accepted yet. */
  deploying(askAgainInSeconds: number): void {
    this.event('deployment', { askAgainInSeconds: Math.round(askAgainInSeconds) });
    if (!this.isDeploying)
      this.report(
        'A new relay is being deployed. Your request is queued and sent as soon as new sessions are accepted.',
      );
    this.isDeploying = true;
    this.io.reportInPlace(`(next attempt in ${duration(askAgainInSeconds)}; Ctrl-C stops waiting) `);
  }

  requested(session: Session): void {
    this.state = undefined;
    this.isReached = true;
    this.isDeploying = false;
    this.event('requested', {
      sessionId: session.id,
      deviceId: session.deviceId,
      applicationId: session.applicationId,
    });
    this.report(`Session ${session.id}: access to ${session.deviceName} requested.`);
  }

  /** `answerWithinSeconds`: the time that the person at the device has left. */
  waiting(state: SessionState, answerWithinSeconds: number | undefined, agentReached = true): void {
    const changed = state !== this.state;
    this.state = state;
    this.waited();
    if (state === 'requested') {
      if (changed) this.report('Waiting for approval at the device.');
      this.reached(agentReached);
      this.count(answerWithinSeconds);
      return;
    }
    const words = WORDS[state];
    if (changed && words) this.report(words);
  }

  /** Stops the countdown. */
  waited(): void {
    clearInterval(this.countdown);
  }

  private count(seconds: number | undefined): void {
    const endsAt = seconds === undefined ? undefined : performance.now() + seconds * 1000;
    const show = (): void => {
      const left = endsAt && duration(Math.max(0, endsAt - performance.now()) / 1000);
      this.io.reportInPlace(`(${left ? `${left} left; ` : ''}Ctrl-C cancels the request) `);
    };
    show();
    if (endsAt !== undefined) this.countdown = setInterval(show, 1000);
  }

  /** While no one at the device has answered. */
  private reached(agentReached: boolean): void {
    if (agentReached === this.isReached) return;
    this.isReached = agentReached;
    this.event(agentReached ? 'reached' : 'not-reached', {});
    this.report(
      agentReached
        ? 'The agent of the device is connected.'
        : 'The agent of the device is not connected. The request reaches it as soon as it is.',
    );
  }

  approved(): void {
    this.event('approved', {});
    this.report('Approved. Connecting to the relay.');
  }

  /** The terminal's half is established; the device's half may follow. */
  established(): void {
    this.report('Connected to the relay. Waiting for the device.');
  }

  /** `endsAt`: the end of the permitted time by the local clock, `validUntil` by the server's. */
  connected(validUntil: string, endsAt: Date): void {
    this.event('connected', { validUntil });
    this.report(`Connected to the device. The session ends at ${clock(endsAt.toISOString())} at the latest.`);
  }

  /** @param isBox the application is a document box, for programs rather than for a browser */
  listening(port: number, isBox: boolean): void {
    const url = `http://127.0.0.1:${port}/${isBox ? 'boxes' : ''}`;
    this.event('listening', { url, host: '127.0.0.1', port });
    if (!this.json) this.io.print(url);
    if (isBox) for (const line of boxExamples(url)) this.report(line);
    this.report('Ctrl-C ends the session.');
  }

  /** @param origins of the application, its own first; empty if the device does not answer at the moment */
  proxying(port: number, origins: readonly string[]): void {
    const proxy = `http://127.0.0.1:${port}`;
    this.event('listening', { proxy, host: '127.0.0.1', port, origins });
    if (!this.json) this.io.print(proxy);
    for (const line of proxyExamples(proxy, origins)) this.report(line);
    this.report('Ctrl-C ends the session.');
  }

  /** The device sends the browser past the local port, to another of the origins that the owner permits. */
  leavingPermitted(origin: string): void {
    this.event('redirect', { origin, permitted: true });
    this.report(
      `The device redirects the browser to ${origin}, to which this port does not lead. It is permitted: end the session ` +
        'and connect with --proxy.',
    );
  }

  /** The same, to an origin that the owner does not permit. */
  leaving(origin: string): void {
    this.event('redirect', { origin, permitted: false });
    this.report(
      `The device redirects the browser to ${origin}, which its owner has not permitted. If it belongs to the device, ask the ` +
        `owner to add "${origin}" to the "origins" of the application in the agent's configuration, then connect with --proxy.`,
    );
  }

  /** A connection to the relay carries nothing, or carries again: the terminal's own, or the other one, the device's. */
  interrupted(isInterrupted: boolean, connection: 'own' | 'other'): void {
    const between = connection === 'own' ? 'terminal' : 'device';
    this.event(isInterrupted ? 'interrupted' : 'restored', { between });
    const [broken, back] = INTERRUPTIONS[between];
    this.report(isInterrupted ? `${broken} The session continues when it is back.` : back);
  }

  draining(returnAfterSeconds: number): void {
    this.event('draining', { returnAfterSeconds });
    this.report('A new relay is about to be deployed, which will interrupt the session. End it when you can.');
  }

  /** The deployment was aborted, or failed before it ended this session. */
  resumed(): void {
    this.event('resumed', {});
    this.report('The deployment was stopped. The session continues.');
  }

  /** S316 */
  halted(sessionId: string): void {
    this.event('halted', { sessionId });
    this.report(
      'The session was interrupted: a new relay is being deployed. This was not caused by you or the device.',
    );
  }

  ended(ending: Ending | null, fields: Record<string, unknown>): void {
    this.event('ended', { ending, ...fields });
  }

  /** A line of the summary: on standard output, or with --json on standard error. */
  sum(line: string): void {
    if (this.json) return this.report(line);
    this.io.clearLine();
    this.io.print(line);
  }

  report(line: string): void {
    this.io.clearLine();
    this.io.report(line);
  }
}

function proxyExamples(proxy: string, origins: readonly string[]): string[] {
  const [own] = origins;
  if (own === undefined) return ['It is an HTTP proxy to the device, which does not answer at the moment.'];
  const isTls = own.startsWith('https:');
  return [
    'It is an HTTP proxy to what the owner of the device permits, and to nothing else:',
    ...origins.map((origin) => `  ${origin}/`),
    'Use it from any client on this computer, for example:',
    `  curl ${isTls ? '-k ' : ''}-x ${proxy} ${own}/`,
    `  chromium --user-data-dir=/tmp/device --proxy-server=${proxy} --proxy-bypass-list='<-loopback>' ${own}/`,
  ];
}

const boxExamples = (url: string): string[] => [
  'The document boxes, as far as the access conditions of the device permit:',
  `  list the boxes      curl ${url}`,
  `  list a box          curl ${url}/<box>`,
  `  get a document      curl -O ${url}/<box>/<document>`,
  `  store a document    curl -T <file> ${url}/<box>/`,
  `  delete a document   curl -X DELETE ${url}/<box>/<document>`,
];
