import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../protocol/api';
import type { SentConnectionInfo } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { namedOrigins } from '../../tunnel/http2-tunnel';
import { LocalPort } from '../../tunnel/local-port';
import type { Closed, RelayConnection } from '../../tunnel/relay-connection';
import { joinRelay, tunnelOver } from '../../tunnel/terminal-half';
import type { ApiClient } from '../api-client';
import { ConnectProgress } from './connect-progress';
import { concludeSession } from './conclude-session';
import { EXIT_CODES, type Exit } from '../exit-codes';
import { ForwardProxy } from './forward-proxy';
import { HaltWatch } from './halt-watch';
import { leavingOrigin, onRedirect } from './redirects';
import { aborted, Interrupts } from '../interrupts';
import { awaitConnection, requestSession } from './request-session';
import { storedLogin } from '../credentials';
import {
  Interrupted,
  LocalPortUnavailable,
  RelayNotReached,
  SessionOver,
  TerminalError,
  TunnelBroken,
  UsageError,
} from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';
import { TERMINAL_LIMITS } from '../terminal-limits';

export interface ConnectOptions {
  device: string;
  application: string;
  reason: string;
  /** Local port; 0: any free port. */
  port: number;
  /** Requested valid duration; undefined: the server's default. */
  minutes?: number;
  /** Open a forward proxy instead of a port to the application. */
  proxy: boolean;
  /** When the session is halted for a deployment: request a new one. */
  again: boolean;
  json: boolean;
}

/** What listens on this computer for the technician's client. */
type LocalEnd = LocalPort | ForwardProxy;

/** `platen connect`: requests a session, waits for approval, and opens a local port to the application. */
export async function connect(io: TerminalIo, options: ConnectOptions): Promise<Exit> {
  const client = await storedLogin(io);
  // first: if it fails, the person at the device is not disturbed
  if (options.proxy) await checkSpeaksHttp(client, options);
  const local = await openLocalEnd(options);
  const interrupts = new Interrupts(io);
  const progress = new ConnectProgress(io, options.json);
  let isBox: Promise<boolean> | undefined;
  try {
    const { device: deviceId, application: applicationId, reason, minutes } = options;
    for (let afterHalt = false; ; afterHalt = true) {
      io.journal.step('S141');
      const wish = { deviceId, applicationId, reason, minutes };
      const requested = requestSession(client, wish, progress, { interrupted: interrupts.first, afterHalt });
      isBox ??= isDocumentBox(client, options); // beside the request, so that the local port is not held up
      const session = await requested;
      if (!session) return 'cancelled';
      progress.requested(session);
      const exit = await new Connecting(io, client, session, { local, isBox }, interrupts, progress).run();
      if (exit !== 'halted' || !options.again || interrupts.first.aborted) return exit;
      progress.report('Requesting access again. Someone at the device must press YES again.');
    }
  } finally {
    interrupts.dispose();
    await local.close();
    io.clearLine();
  }
}

/** One session, from the request to its end. */
class Connecting {
  private readonly halt: HaltWatch;
  private readonly local: LocalEnd;
  private readonly isBox: Promise<boolean>;
  private isDraining = false;

  constructor(
    private readonly io: TerminalIo,
    private readonly client: ApiClient,
    private readonly session: Session,
    { local, isBox }: { local: LocalEnd; isBox: Promise<boolean> },
    private readonly interrupts: Interrupts,
    private readonly progress: ConnectProgress,
  ) {
    this.halt = new HaltWatch(io, client, session.id, progress);
    this.local = local;
    this.isBox = isBox;
  }

  async run(): Promise<Exit> {
    try {
      return await this.connect();
    } catch (error) {
      if (!(error instanceof SessionOver) || error.exit !== 'halted') throw error;
      this.halt.show();
      const { code: exitCode } = EXIT_CODES[error.exit];
      this.progress.ended(error.ending, { sessionId: this.session.id, detail: error.detail, exitCode });
      return error.exit;
    }
  }

  private async connect(): Promise<Exit> {
    const { io, session, interrupts } = this;
    io.journal.step('S201', session.id);
    const info = await awaitConnection(this.client, session, this.progress, interrupts.first);
    if (!info) return this.cancel();
    io.journal.step('S202', session.id);
    this.progress.approved();
    io.journal.step('S203', session.id);
    io.journal.step('S204', session.id);
    const relay = await this.endingTheSessionOnError(this.join(info));
    if (!relay) return this.cancel();
    this.progress.established();
    return this.use(relay, info);
  }

  /** The deadline counts from receipt, because the local clock may differ from the server's. @returns undefined if interrupted */
  private async join(info: SentConnectionInfo): Promise<RelayConnection | undefined> {
    const signal = this.interrupts.first;
    const withinMs = Math.min(info.validForSeconds * 1000, LIMITS.CONNECT_MS);
    try {
      const { outbound } = this.client.address;
      const { RETRY_MAX_MS: retryMaxMs } = TERMINAL_LIMITS;
      return await joinRelay(info, { withinMs, retryMaxMs, signal, outbound, reportInterruptions: true });
    } catch (error) {
      if (signal.aborted) return undefined;
      throw relayNotReached(error);
    }
  }

  private async use(relay: RelayConnection, info: SentConnectionInfo): Promise<Exit> {
    relay.onDraining((seconds) => {
      this.isDraining = seconds !== undefined;
      if (seconds === undefined) {
        this.halt.rest();
        return this.progress.resumed();
      }
      this.progress.draining(seconds);
      void this.halt.start(relay.closed);
    });
    relay.onInterruption((isInterrupted, connection) => this.progress.interrupted(isInterrupted, connection));
    const over = await Promise.race([this.carry(relay, info), aborted(this.interrupts.first), relay.closed]);
    const broken = over instanceof TerminalError ? over : undefined;
    const byUs = over === 'interrupted' || broken !== undefined;
    const closed = byUs ? await this.terminate(relay) : await relay.closed;
    this.local.suspend();
    const how = { closed, byUs, halt: this.halt };
    const exit = await concludeSession(this.io, this.client, this.session.id, this.progress, how);
    if (broken) throw broken;
    return exit;
  }

  /** Serves the local port through the tunnel; resolves with the reason when that is no longer possible. */
  private async carry(relay: RelayConnection, info: SentConnectionInfo): Promise<TerminalError> {
    const { io, local, progress } = this;
    const { remoteSessionId, validForSeconds } = info;
    const endsAt = new Date(Date.now() + validForSeconds * 1000);
    let failure: TerminalError;
    const leaving = onceEach((origin) => progress.leaving(origin));
    const permitted = onceEach((origin) => progress.leavingPermitted(origin));
    try {
      const tunnel = await tunnelOver(relay, info);
      const redirected = (location: string): void => {
        const left = leavingOrigin(location, { port: local.port, origins: namedOrigins(tunnel) });
        if (left) (left.permitted ? permitted : leaving)(left.origin);
      };
      local.serve(tunnel, {
        onFirst: () => {
          io.journal.step('S231', remoteSessionId);
          io.journal.step('S232', remoteSessionId);
        },
        onRefused: onceEach((why) => progress.report(`${why[0]?.toUpperCase()}${why.slice(1)}.`)),
        onOpened: (stream) => onRedirect(stream, redirected),
      });
      progress.connected(info.validUntil, endsAt);
      if (local instanceof ForwardProxy) progress.proxying(local.port, await local.origins().catch(() => []));
      else progress.listening(local.port, await this.isBox);
      await tunnel.closed;
      failure = new TunnelBroken();
    } catch (error) {
      failure = relayNotReached(error);
    }
    // when a relay connection closes, the tunnel breaks first and the reason arrives a moment later
    const { SETTLE_MS, HALT_SETTLE_MS } = TERMINAL_LIMITS;
    await delay(this.isDraining ? HALT_SETTLE_MS : SETTLE_MS, undefined, { ref: false });
    return failure;
  }

  private async terminate(relay: RelayConnection): Promise<Closed> {
    const { io, session, interrupts, progress } = this;
    if (interrupts.first.aborted) io.journal.step('S261', session.id);
    progress.report('Ending the session. Press Ctrl-C again to stop immediately.');
    io.journal.step('S262', session.id);
    const closed = await Promise.race([relay.terminate(), aborted(interrupts.second)]);
    if (closed === 'interrupted') throw new Interrupted();
    io.journal.step('S273', session.id);
    return closed;
  }

  /** Ctrl-C before the terminal's half is established. */
  private async cancel(): Promise<Exit> {
    this.progress.report('Cancelling the request.');
    const ended = await Promise.race([this.client.endSession(this.session.id), aborted(this.interrupts.second)]);
    if (ended === 'interrupted') throw new Interrupted();
    this.progress.ended(ended.ending ?? 'cancelled', { sessionId: ended.id, exit: 'cancelled' });
    this.progress.report('The request was cancelled.');
    return 'cancelled';
  }

  private async endingTheSessionOnError<T>(attempt: Promise<T>): Promise<T> {
    try {
      return await attempt;
    } catch (error) {
      const answer = await this.client.connection(this.session.id).catch(() => undefined);
      if (answer?.status === 'over') throw new SessionOver(answer.ending, answer.detail, answer.denial);
      // so that a new session can be requested before the server's deadline
      await this.client.endSession(this.session.id).catch(() => undefined);
      throw error;
    }
  }
}

/** @throws LocalPortUnavailable */
async function openLocalEnd({ port, proxy }: ConnectOptions): Promise<LocalEnd> {
  try {
    return await (proxy ? ForwardProxy : LocalPort).open(port);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new LocalPortUnavailable(port, code === 'EADDRINUSE' ? 'another program is using it' : (code ?? message));
  }
}

/** @throws UsageError if the application speaks another protocol; what is unknown, the request for the session reports */
async function checkSpeaksHttp(client: ApiClient, { device, application }: ConnectOptions): Promise<void> {
  const { applications } = await client.device(device).catch(() => ({ applications: [] }));
  const wanted = applications.find(({ id }) => id === application);
  if (wanted && wanted.protocol !== 'http')
    throw new UsageError(`The application ${application} has no web pages.`, 'Connect without --proxy.');
}

/** Only for what is shown: an error is none of the session's. */
async function isDocumentBox(client: ApiClient, { device, application }: ConnectOptions): Promise<boolean> {
  const { applications } = await client.device(device).catch(() => ({ applications: [] }));
  return applications.some(({ id, protocol }) => id === application && protocol === 'box');
}

const relayNotReached = (error: unknown): RelayNotReached =>
  new RelayNotReached(error instanceof Error ? error.message : String(error), { cause: error });

/** Passes each distinct text on once, 20 at most. */
function onceEach(report: (text: string) => void): (text: string) => void {
  const texts = new Set<string>();
  return (text) => {
    if (texts.has(text) || texts.size >= 20) return;
    texts.add(text);
    report(text);
  };
}
