import type { IncomingMessage } from 'node:http';
import { WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import type { WebSocket } from 'ws';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import {
  CONTROL_PLANE_METHODS,
  RELAY_METHODS,
  type ByteCounts,
  type ControlPlaneMethods,
  type HalfLog,
  type Params,
  type Result,
} from '../../protocol/relay-rpc';
import { PROTOCOL_VERSION, RELAY_RPC_SUBPROTOCOL } from '../../protocol/version';
import { RpcPeer, type RpcHandlers } from '../../tunnel/json-rpc';
import { RpcRefused } from '../../tunnel/json-rpc.errors';
import type { GatewayOptions } from '../http/gateway.adapter';
import { SessionHalves } from '../sessions/session-halves';
import { RelayDirectory, type ConnectedRelay } from './relay-directory';
import { RelayPaths } from './relay-paths';
import { RelayGuard } from './relay.guard';
import { TrialLinks } from './trial-links';

/** JSON-RPC error codes, in the implementation-defined range (JSON-RPC 2.0, 5.1). */
const WRONG_PROTOCOL = -32051;
const NOT_ANNOUNCED = -32052;

/** The relays' link to the control plane: `GET /internal/relay`, one JSON-RPC connection each. */
@WebSocketGateway<GatewayOptions>({
  path: '/internal/relay',
  guard: RelayGuard,
  maxPayload: LIMITS.RELAY_RPC_BYTES,
  handleProtocols: (offered) => (offered.has(RELAY_RPC_SUBPROTOCOL) ? RELAY_RPC_SUBPROTOCOL : false),
})
export class RelayGateway implements OnGatewayConnection<WebSocket> {
  constructor(
    private readonly guard: RelayGuard,
    private readonly directory: RelayDirectory,
    private readonly halves: SessionHalves,
    private readonly trials: TrialLinks,
    private readonly paths: RelayPaths,
    private readonly journal: Journal,
  ) {}

  handleConnection(ws: WebSocket, request: IncomingMessage): void {
    const relayId = this.guard.relayOf(request);
    if (!relayId) return ws.terminate();
    /** Of the last announcement. */
    let instance: string | undefined;
    /** The last counts of each link, which are stored if the relay is lost before it has reported their end. */
    const counted = new Map<string, ByteCounts>();
    const afterwards = <P, R>(handle: (params: P) => Promise<R>) => {
      return (params: P) =>
        instance !== undefined ? handle(params) : Promise.reject(new RpcRefused(NOT_ANNOUNCED, 'announce first'));
    };
    const handlers: RpcHandlers<typeof CONTROL_PLANE_METHODS> = {
      announce: (relay) => {
        this.announce({ ...relay, ...this.paths.trustIn(relayId), id: relayId, peer });
        instance = relay.instance;
        return Promise.resolve({});
      },
      authenticate: afterwards((request) => this.authenticate(relayId, request)),
      'report-log': afterwards(async (log) => {
        const known = await this.storeLog(relayId, log);
        if (log.event.kind === 'end') counted.delete(log.linkId);
        return { known };
      }),
      'report-bytes': afterwards(({ counts }) => {
        for (const count of counts)
          if (counted.has(count.linkId) || counted.size < LIMITS.RELAY_LINKS) counted.set(count.linkId, count);
        return Promise.resolve({});
      }),
      'report-load': afterwards((load) => {
        this.directory.noteLoad(relayId, instance!, load);
        return Promise.resolve({});
      }),
      'request-termination': afterwards(async ({ linkId, half }) => {
        if (!this.trials.find(relayId, linkId)) await this.halves.requestTermination(relayId, linkId, half);
        return {};
      }),
    };
    const peer = new RpcPeer(ws, CONTROL_PLANE_METHODS, handlers, RELAY_METHODS, this.journal);
    void peer.closed.then(() => {
      this.journal.info('relay disconnected', { relayId });
      if (counted.size === 0) return;
      this.halves
        .noteBytes(relayId, [...counted.values()])
        .catch((error: unknown) => this.journal.unexpected(error, 'storing the byte counts of a relay'));
    });
  }

  private async authenticate(
    relayId: string,
    request: Params<ControlPlaneMethods, 'authenticate'>,
  ): Promise<Result<ControlPlaneMethods, 'authenticate'>> {
    const trial = this.trials.find(relayId, request.linkId);
    return trial ? trial.authenticate(request) : this.halves.authenticate(relayId, request);
  }

  private async storeLog(relayId: string, log: HalfLog): Promise<boolean> {
    const trial = this.trials.find(relayId, log.linkId);
    trial?.storeLog(log);
    return trial !== undefined || this.halves.storeLog(relayId, log);
  }

  /** @throws RpcRefused; the relay logs the reason and retries later */
  private announce({ protocol, ...relay }: ConnectedRelay & { protocol: number }): void {
    const { id, version, pairs, standing, instance, region } = relay;
    if (protocol !== PROTOCOL_VERSION) {
      this.journal.error('a relay speaks another protocol; deploy the matching release', {
        relayId: id,
        protocolVersion: protocol,
      });
      throw new RpcRefused(WRONG_PROTOCOL, `this server speaks protocol ${PROTOCOL_VERSION}`);
    }
    this.directory.add(relay);
    const message = standing === 'serving' ? 'relay connected' : 'candidate connected';
    this.journal.info(message, { relayId: id, version, pairs, instance, region });
  }
}
