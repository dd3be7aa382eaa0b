import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { CLOSE_TERMINATED, REFUSALS, type Refusal, type RelayMessage } from '../../../src/protocol/relay-messages';
import { RELAY_SUBPROTOCOL } from '../../../src/protocol/version';
import { serveTunnel, type TunnelServer, type TunnelServerOptions } from '../../../src/tunnel/http2-tunnel';
import { WebSocketBytes } from '../../../src/tunnel/websocket-bytes';
import { MessageSocket } from '../../../src/tunnel/websocket/message-socket';

export interface FakeRelayedDeviceOptions {
  remoteSessionId: string;
  /** The device's end of the tunnel. */
  open: TunnelServerOptions['open'];
  originsOf?: TunnelServerOptions['originsOf'];
  /** Refusals before one establishment is accepted. */
  refuse?: Refusal[];
  /** false: the device never joins. */
  join?: boolean;
}

export interface FakeRelayedDevice {
  readonly url: string;
  /** Messages from the terminal, in order. */
  readonly received: unknown[];
  /** What the relay does with the connected terminal. */
  send(message: RelayMessage): void;
  end(message: Omit<Extract<RelayMessage, { type: 'terminated' }>, 'type' | 'bytesReceived' | 'bytesSent'>): void;
  /** The device's half ends: its end of the tunnel is gone, the terminal's half is still there. */
  endDevice(): void;
  /** Nothing is read from the terminal, or again. */
  freeze(isFrozen: boolean): void;
  /** Cuts the connection without a word. */
  cut(): void;
  stop(): Promise<void>;
}

/** A relay and a device behind one WebSocket: establishes, joins, and serves the tunnel's far end itself. */
export async function startFakeRelayedDevice(options: FakeRelayedDeviceOptions): Promise<FakeRelayedDevice> {
  const http = createServer();
  const sockets = new WebSocketServer({
    server: http,
    path: '/web-agent',
    perMessageDeflate: false,
    handleProtocols: (offered) => offered.has(RELAY_SUBPROTOCOL) && RELAY_SUBPROTOCOL,
  });
  const refusals = [...(options.refuse ?? [])];
  const received: unknown[] = [];
  let terminal: WebSocket | undefined;
  let tunnel: TunnelServer | undefined;
  const send = (message: RelayMessage): void => terminal?.send(JSON.stringify(message));
  const end: FakeRelayedDevice['end'] = (reason) => {
    send({ type: 'terminated', bytesReceived: 0, bytesSent: 0, ...reason });
    terminal?.close(CLOSE_TERMINATED);
  };
  sockets.on('connection', (ws) => {
    terminal = ws;
    ws.on('error', () => ws.terminate());
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) return;
      const message = JSON.parse(data.toString()) as { type: string };
      received.push(message);
      if (message.type === 'terminate') return end({ reason: 'requested', ending: 'ended-by-terminal' });
      const code = refusals.shift();
      if (code) {
        send({ type: 'refused', code, detail: '' });
        ws.close(REFUSALS[code].close);
        return;
      }
      const validUntil = new Date(Date.now() + 60_000).toISOString();
      send({ type: 'established', remoteSessionId: options.remoteSessionId, validUntil });
      if (options.join === false) return;
      tunnel = serveTunnel(new WebSocketBytes(new MessageSocket(ws)), options);
      send({ type: 'joined' });
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/web-agent`,
    received,
    send,
    end,
    endDevice: () => tunnel?.close(),
    freeze: (isFrozen) => (isFrozen ? terminal?.pause() : terminal?.resume()),
    cut: () => terminal?.terminate(),
    stop: async () => {
      for (const ws of sockets.clients) ws.terminate();
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    },
  };
}
