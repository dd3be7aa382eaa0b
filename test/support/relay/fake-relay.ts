import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { CLOSE_TERMINATED, REFUSALS, type Refusal, type RelayMessage } from '../../../src/protocol/relay-messages';
import { toInstant } from '../../../src/protocol/names';
import { RELAY_SUBPROTOCOL } from '../../../src/protocol/version';

/** The least of a relay that one agent needs: establishes both halves, joins them, carries bytes, terminates in order. */
export async function startFakeRelay(remoteSessionId: string) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => RELAY_SUBPROTOCOL });
  await once(server, 'listening');
  const halves = new Map<string, WebSocket>();
  const establishes: unknown[] = [];
  const refusals: Refusal[] = [];
  const say = (ws: WebSocket, message: RelayMessage) => ws.send(JSON.stringify(message));

  function establish(ws: WebSocket, path: string, message: unknown): void {
    establishes.push(message);
    const code = refusals.shift();
    if (code) {
      say(ws, { type: 'refused', code, detail: '' });
      return ws.close(REFUSALS[code].close);
    }
    halves.set(path, ws);
    say(ws, { type: 'established', remoteSessionId, validUntil: toInstant(Date.now() + 60_000) });
    if (halves.size === 2) for (const half of halves.values()) say(half, { type: 'joined' });
  }

  function terminate(ws: WebSocket): void {
    say(ws, { type: 'terminated', reason: 'requested', bytesReceived: 0, bytesSent: 0 });
    ws.close(CLOSE_TERMINATED);
  }

  server.on('connection', (ws, request) => {
    const path = request.url ?? '';
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) for (const [other, peer] of halves) if (other !== path) peer.send(data);
      if (isBinary) return;
      const message = JSON.parse(data.toString()) as { type: string };
      if (message.type === 'establish') establish(ws, path, message);
      if (message.type === 'terminate') terminate(ws);
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Every establish message. */
    establishes,
    /** The next peers are refused with these. */
    refusals,
    half: (path: '/cloud-hub' | '/web-agent') => halves.get(path),
    say,
    close: async () => {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}
