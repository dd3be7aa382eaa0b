import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { RELAY_PATHS } from '../../protocol/relay-messages';
import { splice } from '../../tunnel/splice';
import { CERTIFICATE, type Certificate } from '../config/certificate';
import { CONFIG, type Config } from '../config/config';
import { HostRouter } from '../http/host-router';
import { RelayDirectory } from './relay-directory';
import { LOCAL_RELAY, RELAY_PREFIX } from './relay-environment';

const PATH = new RegExp(`^${RELAY_PREFIX}/(\\d{1,2})(${Object.values(RELAY_PATHS).join('|')})$`);
/** The relay believes what this server says, so the peer must not say it. */
const SET_HERE = 'x-forwarded-for';
const UNAVAILABLE = 'HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** On one port, this server is the reverse proxy of its local relay: `/relay/<pair>/...`. */
@Injectable()
export class RelayPaths implements OnModuleInit {
  /** As last announced: while one run of the relay follows another, none is connected. */
  private pairs = 0;

  constructor(
    private readonly router: HostRouter,
    private readonly directory: RelayDirectory,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CERTIFICATE) private readonly certificate: Certificate,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    if (!this.config.http.onePort || !this.config.relay.local) return;
    this.pairs = this.config.relay.pairs;
    this.router.passOn((url) => {
      const [, pair, path] = PATH.exec(url) ?? [];
      this.pairs = this.directory.serving(LOCAL_RELAY)?.pairs ?? this.pairs;
      // other programs may listen on the ports that follow
      if (path === undefined || Number(pair) < 1 || Number(pair) > this.pairs) return undefined;
      return (request, socket, head) => this.forward(Number(pair), path, request, socket, head);
    });
  }

  /** What peers need to verify the key at the address of a relay, if it is the key of this server. */
  trustIn(relayId: string): { pin?: string } {
    const isHere = relayId === LOCAL_RELAY && this.config.http.onePort && this.config.relay.local;
    return isHere && this.certificate.selfSigned ? { pin: this.certificate.pin } : {};
  }

  private forward(pair: number, path: string, request: IncomingMessage, peer: Duplex, head: Buffer): void {
    const { host, port } = this.config.relay;
    const relay = connect({ host, port: port + pair - 1, noDelay: true });
    const late = setTimeout(() => relay.destroy(new Error('no connection in time')), LIMITS.RELAY_RPC_TIMEOUT_MS);
    peer.on('error', () => peer.destroy());
    const gone = () => relay.destroy();
    peer.once('close', gone);
    relay.on('error', (error) => {
      if (relay.bytesWritten > 0) return;
      this.journal.warn('the relay cannot be reached', { pair, detail: error.message });
      peer.end(UNAVAILABLE);
    });
    relay.once('close', () => {
      clearTimeout(late);
      const cut = setTimeout(() => peer.destroy(), LIMITS.RELAY_CLOSE_MS);
      peer.once('close', () => clearTimeout(cut));
    });
    relay.once('connect', () => {
      clearTimeout(late);
      peer.off('close', gone);
      relay.write(headOf(request, path), 'latin1');
      relay.write(head);
      void splice(peer, relay);
    });
  }
}

/** The request as it arrived, with the relay's path and the address of the peer. */
function headOf({ method, rawHeaders, socket }: IncomingMessage, path: string): string {
  const lines = [`${method} ${path} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]!.toLowerCase() !== SET_HERE) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return [...lines, `${SET_HERE}: ${socket.remoteAddress}`, '', ''].join('\r\n');
}
