import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { ConnectionInfo } from '../../protocol/control-channel';
import type { ControlPlaneMethods, HalfLog, Params, RelayMethods, Result } from '../../protocol/relay-rpc';
import type { Half } from '../../protocol/remote-session';
import type { Trust } from '../../tunnel/pinned-tls';
import { secretHash } from '../../tunnel/sha256';

/** Links of closed trials that are remembered: those of many relays with many pairs. */
const REMEMBERED = 1_000;

type Link = Result<RelayMethods, 'connection-info'>;
type Kind = HalfLog['event']['kind'];

/** One synthetic session at the control plane: its tokens, and the logs that the relay has reported. */
export class TrialLink {
  private readonly tokens = { device: newToken(), terminal: newToken() };
  private readonly logs = new Map<`${Half} ${Kind}`, HalfLog>();
  private readonly reports = new EventEmitter();

  constructor(
    readonly relayId: string,
    readonly remoteSessionId: string,
    private readonly validUntil: string,
    private readonly link: Link,
    private readonly trust: Trust,
  ) {}

  get linkId(): string {
    return this.link.linkId;
  }
  /** The address of its pair, for error messages. */
  get address(): string {
    return this.link.device.url;
  }

  /** The connection information of one half. */
  infoFor(half: Half): ConnectionInfo {
    const { remoteSessionId, validUntil } = this;
    const { pin, authority } = this.trust;
    const side = { ...this.link[half], token: this.tokens[half] };
    return { remoteSessionId, applicationId: 'trial', ...side, validUntil, pin, authority };
  }

  authenticate({
    half,
    token,
  }: Params<ControlPlaneMethods, 'authenticate'>): Result<ControlPlaneMethods, 'authenticate'> {
    if (token !== this.tokens[half]) return { outcome: 'refused', code: 'token-refused' };
    return { outcome: 'permitted', remoteSessionId: this.remoteSessionId, validUntil: this.validUntil };
  }

  storeLog(log: HalfLog): void {
    this.logs.set(`${log.half} ${log.event.kind}`, log);
    this.reports.emit('log');
  }

  /** Resolves when the relay has reported the log. */
  async log(half: Half, kind: Kind): Promise<HalfLog> {
    for (;;) {
      const log = this.logs.get(`${half} ${kind}`);
      if (log) return log;
      await once(this.reports, 'log');
    }
  }

  /** The token hash that the logs of this half must name. */
  tokenHashOf(half: Half): string {
    return secretHash(this.tokens[half]);
  }
}

/** The open synthetic sessions. No other module handles reports about them. */
@Injectable()
export class TrialLinks {
  private readonly links = new Map<string, TrialLink>();
  /** IDs of closed ones, oldest first. A relay lists those of a failed trial until it has ended them. */
  private readonly closed = new Set<string>();

  add(link: TrialLink): void {
    this.links.set(link.linkId, link);
  }
  remove(link: TrialLink): void {
    this.links.delete(link.linkId);
    this.closed.add(link.linkId);
    if (this.closed.size > REMEMBERED) this.closed.delete([...this.closed][0]!);
  }
  /** Whether a link is, or was, of a trial rather than of a remote session. */
  isTrial(linkId: string): boolean {
    return this.links.has(linkId) || this.closed.has(linkId);
  }
  find(relayId: string, linkId: string): TrialLink | undefined {
    const link = this.links.get(linkId);
    return link?.relayId === relayId ? link : undefined;
  }
}

const newToken = (): string => randomBytes(32).toString('base64url');
