import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { ConnectionInfo } from '../../protocol/control-channel';
import type { ControlPlaneMethods, HalfLog, Params, RelayMethods, Result } from '../../protocol/relay-rpc';
import type { Half } from '../../protocol/remote-session';
import { tokenHash } from '../sessions/prepare-connection';

type Link = Result<RelayMethods, 'connection-info'>;
type Kind = HalfLog['event']['kind'];

/** The control plane's side of one synthetic session: its tokens, and the logs that its relay reports. */
export class TrialLink {
  private readonly tokens = { device: newToken(), terminal: newToken() };
  private readonly logs = new Map<`${Half} ${Kind}`, HalfLog>();
  private readonly news = new EventEmitter();

  constructor(
    readonly relayId: string,
    readonly remoteSessionId: string,
    private readonly validUntil: string,
    private readonly link: Link,
    private readonly pin: string | undefined,
  ) {}

  get linkId(): string {
    return this.link.linkId;
  }
  /** Which pair it goes through, for the person who reads of it. */
  get address(): string {
    return this.link.device.url;
  }

  /** What the device, or the terminal, of this session would be handed. */
  infoFor(half: Half): ConnectionInfo {
    const { remoteSessionId, validUntil, pin } = this;
    return { remoteSessionId, applicationId: 'trial', ...this.link[half], token: this.tokens[half], validUntil, pin };
  }

  authenticate({
    half,
    token,
  }: Params<ControlPlaneMethods, 'authenticate'>): Result<ControlPlaneMethods, 'authenticate'> {
    if (token !== this.tokens[half]) return { outcome: 'refused', code: 'token-refused' };
    return { outcome: 'permitted', remoteSessionId: this.remoteSessionId, validUntil: this.validUntil };
  }

  keep(log: HalfLog): void {
    this.logs.set(`${log.half} ${log.event.kind}`, log);
    this.news.emit('log');
  }

  /** Waits until the log is reported. */
  async log(half: Half, kind: Kind): Promise<HalfLog> {
    for (;;) {
      const log = this.logs.get(`${half} ${kind}`);
      if (log) return log;
      await once(this.news, 'log');
    }
  }

  /** The hash of the token that the half's logs have to name. */
  tokenHashOf(half: Half): string {
    return tokenHash(this.tokens[half]);
  }
}

/** The open synthetic sessions. Reports about them concern no other module. */
@Injectable()
export class TrialLinks {
  private readonly links = new Map<string, TrialLink>();

  add(link: TrialLink): void {
    this.links.set(link.linkId, link);
  }
  remove(link: TrialLink): void {
    this.links.delete(link.linkId);
  }
  find(relayId: string, linkId: string): TrialLink | undefined {
    const link = this.links.get(linkId);
    return link?.relayId === relayId ? link : undefined;
  }
}

const newToken = (): string => randomBytes(32).toString('base64url');
