import { setTimeout as delay } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import type { Journal } from '../../journal/journal';
import type { SentConnectionInfo } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import type { Ending, EndReason, Grant } from '../../protocol/remote-session';
import { Backoff } from '../../tunnel/backoff';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import { serveTunnel, type TunnelServer } from '../../tunnel/http2-tunnel';
import type { Destination } from '../../tunnel/relaying-header';
import type { OutboundProxy } from '../../tunnel/outbound-proxy';
import { dialRelay, type Closed, type RelayConnection } from '../../tunnel/relay-connection';
import { mayDialAgain, RelayNotEncrypted, RelayRefused, RelayUnreachable } from '../../tunnel/relay-connection.errors';
import { carrying, connectTarget, openApplication, targetOf } from './application-connection';
import type { BoxGateway } from './box-gateway';
import type { Application } from '../configuration/application';

/** Fig. 12; logged for the first request and the first bytes of its response. */
const REQUEST_STEPS = ['S235', 'S236', 'S237'] as const;
const RESPONSE_STEPS = ['S238', 'S239', 'S240', 'S241'] as const;
/** Short, because a person is waiting at the terminal. */
const RETRY = { maxMs: 5_000 };

export interface CloudHubAgentOptions {
  readonly info: SentConnectionInfo;
  /** The one application that the person at the device has approved. */
  readonly approved: Application;
  readonly grant: Grant;
  /** Defined for a document box: its connections end there. */
  readonly box?: Pick<BoxGateway, 'open' | 'close'>;
  /** All applications of the device; requests for the others are refused with 403 instead of 404. */
  readonly applications: readonly Application[];
  /** Other origins of the application that the owner has permitted because a technician asked for them. */
  readonly permitted: {
    origins(): readonly string[];
    /** @throws StreamRefused */
    open(origin: string, clientTls: boolean): Promise<Duplex>;
    /** Has the owner asked. @returns what the technician reads */
    propose(origin: string): string;
  };
  /** Leads to the relay. */
  readonly outbound: OutboundProxy;
  readonly journal: Journal;
  /** The half is established at the relay. */
  onConnected(): void;
  /** true: the relay is about to be replaced; false: its deployment was aborted. */
  onDraining(draining: boolean): void;
  /** Called once, after everything is closed. */
  onClosed(ending: Ending, detail: string): void;
}

/** The device's half of one remote session: from token and session ID (S171) to the end of its connection (S299). */
export class CloudHubAgent {
  readonly #giveUp = new AbortController();
  #connection: RelayConnection | undefined;
  #tunnel: TunnelServer | undefined;
  #streams = 0;

  constructor(private readonly options: CloudHubAgentOptions) {}

  start(): void {
    this.#step('S171');
    void this.#run().then(({ ending, detail }) => this.options.onClosed(ending, detail));
  }

  /** Ends the half in order (S291-S299), or stops connecting. `onClosed` follows. */
  end(): void {
    if (this.#giveUp.signal.aborted) return;
    this.#step('S291');
    this.#giveUp.abort();
    this.#terminate();
  }

  async #run(): Promise<{ ending: Ending; detail: string }> {
    const { info, journal } = this.options;
    try {
      const connection = await this.#dial();
      this.#connection = connection;
      this.options.onConnected();
      connection.onDraining((returnAfterSeconds) => {
        const { remoteSessionId } = info;
        const draining = returnAfterSeconds !== undefined;
        const what = draining ? 'the relay is about to be replaced' : 'the relay will not be replaced';
        journal.info(what, { remoteSessionId, returnAfterSeconds });
        this.options.onDraining(draining);
      });
      if (this.#giveUp.signal.aborted) this.#terminate();
      connection.joined.then(
        () => this.#serve(connection),
        () => undefined, // `closed` has the reason
      );
      return outcome(await connection.closed);
    } catch (error) {
      return failure(error, journal);
    } finally {
      this.#tunnel?.close();
      this.options.box?.close();
    }
  }

  /** Retries only if it can help: the relay was not reached, or is temporarily unavailable. */
  async #dial(): Promise<RelayConnection> {
    const { info, outbound } = this.options;
    const backoff = new Backoff(RETRY);
    // How long the relay waits for this half. Counted from receipt, because the local clock may be wrong.
    const deadline = performance.now() + Math.min(info.validForSeconds * 1000, LIMITS.CONNECT_MS);
    const { signal } = this.#giveUp;
    for (;;) {
      this.#step('S172');
      try {
        return await dialRelay(info, 'device', { signal, outbound, resumable: true });
      } catch (error) {
        const waitMs = backoff.next();
        const again = mayDialAgain(error) && !signal.aborted && performance.now() + waitMs < deadline;
        if (!again) throw error;
        const detail = (error as Error).message;
        this.options.journal.warn('the relay could not be reached; trying again', { ...this.#subject, detail });
        await delay(waitMs, undefined, { signal });
      }
    }
  }

  #serve(connection: RelayConnection): void {
    if (this.#giveUp.signal.aborted) return;
    const { remoteSessionId } = this.options.info;
    this.#tunnel = serveTunnel(connection.bytes, {
      remoteSessionId,
      open: (id, destination) => this.#open(id, destination),
      originsOf: () => this.#origins,
    });
  }

  #terminate(): void {
    const connection = this.#connection;
    if (!connection) return;
    this.#tunnel?.close();
    this.#step('S292');
    // No tunnel bytes may follow `terminate`; the tunnel writes its GOAWAY within this turn of the event loop.
    setImmediate(() => void connection.terminate());
  }

  /** A document box is the agent's own HTTP server, which sends no absolute URLs. */
  get #origins(): { own?: string; others?: string[] } {
    const { approved, grant, box, permitted } = this.options;
    if (box) return {};
    const { origin: own } = targetOf(approved, grant);
    // only the view target enforces `view`
    if (own === undefined || grant === 'view') return { own };
    return { own, others: [...(approved.origins ?? []).flatMap(({ origin }) => origin ?? []), ...permitted.origins()] };
  }

  /** The owner has permitted the other origins of the application; the server can only choose among them. */
  async #openOther({ origin, clientTls = false, propose = false }: Destination & { origin: string }): Promise<Duplex> {
    const { approved, permitted, grant } = this.options;
    const { own, others = [] } = this.#origins;
    if (!others.includes(origin)) {
      const mayAsk = propose && own !== undefined && grant !== 'view';
      throw new StreamRefused(403, mayAsk ? permitted.propose(origin) : 'the owner does not permit this origin');
    }
    const configured = approved.origins?.find((each) => each.origin === origin);
    return configured ? connectTarget(carrying(configured, clientTls)) : permitted.open(origin, clientTls);
  }

  async #open(applicationId: string, destination: Destination): Promise<Duplex> {
    const { approved, grant, applications, box, journal } = this.options;
    const { origin, clientTls = false } = destination;
    if (!applications.some(({ id }) => id === applicationId)) throw new StreamRefused(404, 'unknown application');
    if (applicationId !== approved.id) throw new StreamRefused(403, 'another application was approved');
    const first = this.#streams++ === 0;
    if (first) for (const step of REQUEST_STEPS) this.#step(step);
    else journal.debug('another connection to the application', this.#subject);
    if (box && (origin !== undefined || clientTls)) throw new StreamRefused(403, 'a document box has no origin');
    if (approved.protocol === 'box' && !box) throw new StreamRefused(403, 'a document box needs access conditions');
    const stream = box
      ? box.open()
      : origin !== undefined && origin !== this.#origins.own
        ? await this.#openOther({ ...destination, origin })
        : await openApplication(
            approved,
            grant,
            (detail) => journal.warn('a view-only connection was closed', { ...this.#subject, detail }),
            clientTls,
          );
    if (first) this.#onFirstBytes(stream, () => RESPONSE_STEPS.forEach((step) => this.#step(step)));
    return stream;
  }

  /** Does not start the flow: a paused stream with a listener stays paused until the tunnel reads it. */
  #onFirstBytes(stream: Duplex, listener: () => void): void {
    stream.pause();
    stream.once('data', listener);
  }

  get #subject() {
    return { remoteSessionId: this.options.info.remoteSessionId };
  }

  #step(step: Parameters<Journal['step']>[0]): void {
    this.options.journal.step(step, this.options.info.remoteSessionId);
  }
}

/** The session's ending, if the relay sends only the end reason of this half. */
const ENDING_OF: Partial<Record<EndReason, Ending>> = {
  requested: 'ended-by-device',
  expired: 'expired',
  lost: 'lost-device',
  'relay-stopped': 'lost-relay',
  'relay-restarted': 'lost-relay',
};

function outcome(closed: Closed): { ending: Ending; detail: string } {
  if (closed.kind === 'lost') return { ending: 'lost-device', detail: closed.detail || `code ${closed.code}` };
  const { ending, reason } = closed.message;
  return { ending: ending ?? ENDING_OF[reason] ?? 'failed', detail: '' };
}

function failure(error: unknown, journal: Journal): { ending: Ending; detail: string } {
  if ([RelayNotEncrypted, RelayRefused, RelayUnreachable].some((known) => error instanceof known))
    return { ending: 'failed', detail: (error as Error).message };
  if ((error as Error).name === 'AbortError') return { ending: 'ended-by-device', detail: '' };
  return { ending: 'failed', detail: `incident ${journal.unexpected(error, 'connecting to the relay')}` };
}
