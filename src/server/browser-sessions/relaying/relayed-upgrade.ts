import { ServerResponse, STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { StreamRefused } from '../../../tunnel/http2-tunnel.errors';
import type { BrowserSession } from '../browser-session';
import { deviceRequest } from '../../../tunnel/device-http/device-request';
import { DeviceStream } from '../../../tunnel/device-http/device-stream';
import type { Origins } from '../translation/device-urls';
import { endedPage, PAGES, sendPage, unreachablePage } from '../pages';
import { passResponse } from './relayed-response';
import { hasContent, requestHeaders } from '../translation/request-headers';
import { responseHeaders } from '../translation/response-headers';
import { GOING_AWAY, WebSocketFrames } from './websocket-frames';

/** Relays a browser's upgrade (RFC 9110 7.8), usually to a WebSocket: after the 101, bytes in both directions. */
export async function relayUpgrade(
  session: BrowserSession,
  {
    request,
    socket,
    head,
    behindProxy,
    framed,
    site,
  }: {
    request: IncomingMessage;
    socket: Duplex;
    head: Buffer;
    behindProxy: boolean;
    framed: boolean;
    site: number;
  },
): Promise<void> {
  const response = responseOn(socket, request);
  try {
    const origins = await session.origins(site);
    if (!origins) return sendPage(response, PAGES.notPages);
    if (hasContent(request)) return sendPage(response, PAGES.badRequest);
    const stream = new DeviceStream(await session.dial(site));
    if (socket.destroyed) return void stream.destroy();
    const headers = upgradeHeaders(request, { origins, behindProxy });
    const sent = deviceRequest(request, headers, stream);
    const abandon = () => sent.destroy();
    socket.once('close', abandon);
    await new Promise<void>((resolve, reject) => {
      sent.once('error', reject);
      sent.once('response', (answer) => {
        stream.once('free', () => stream.destroy());
        const { frameAncestors } = session;
        passResponse(answer, response, { origins, frameAncestors, framed, close: true, session }, sent);
        resolve();
      });
      sent.once('upgrade', (answer, upgraded: Duplex, first: Buffer) => {
        socket.removeListener('close', abandon);
        response.detachSocket(socket as never);
        socket.write(switching(answer, origins, framed), 'latin1');
        if (first.length > 0) upgraded.unshift(first);
        if (head.length > 0) socket.unshift(head);
        carry(session, socket, upgraded, isWebSocket(answer));
        resolve();
      });
      sent.end();
    });
  } catch (error) {
    const end = await session.causeOfCut();
    const refused = error instanceof StreamRefused ? error : new StreamRefused(502, 'no answer');
    sendPage(response, end ? endedPage(end) : unreachablePage(refused.status, refused.detail));
  }
}

/** An ordinary response to a request for an upgrade; it is the last one on its socket. */
export function responseOn(socket: Duplex, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as never);
  response.once('finish', () => socket.end());
  response.once('close', () => socket.destroy());
  return response;
}

function upgradeHeaders(request: IncomingMessage, context: { origins: Origins; behindProxy: boolean }): string[] {
  const headers = requestHeaders(request, context);
  const at = headers.lastIndexOf('Connection');
  return [...headers.slice(0, at), 'Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''];
}

const isWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket';

function switching(answer: IncomingMessage, origins: Origins, framed: boolean): string {
  const context = { origins, frameAncestors: '', framed, linksChange: false, trailersPass: false };
  const headers = [
    ...responseHeaders(answer, context),
    'Connection',
    'Upgrade',
    'Upgrade',
    answer.headers.upgrade ?? '',
  ];
  const lines = headers.flatMap((name, at) => (at % 2 === 0 && headers[at + 1] ? [`${name}: ${headers[at + 1]}`] : []));
  return [`HTTP/1.1 101 ${answer.statusMessage || STATUS_CODES[101]}`, ...lines, '', ''].join('\r\n');
}

/**
 * Forwards bytes in both directions with back-pressure; each direction ends separately. When the session ends, a
 * WebSocket that is between frames is closed with 1001; any other connection is cut.
 */
function carry(session: BrowserSession, browser: Duplex, device: Duplex, isWs: boolean): void {
  const frames = new WebSocketFrames();
  let complete = false;
  device.on('error', () => undefined); // `close` follows
  device.on('data', (bytes: Buffer) => {
    if (isWs) frames.see(bytes);
    if (!browser.write(bytes)) device.pause();
  });
  browser.on('drain', () => device.resume());
  device.once('end', () => {
    complete = true;
    browser.end();
  });
  device.once('close', () => {
    if (complete || browser.destroyed) return;
    void session.causeOfCut().then((end) => {
      if (end && isWs && frames.betweenFrames) browser.end(GOING_AWAY, () => browser.destroy());
      else browser.destroy();
    });
  });
  browser.pipe(device);
  browser.once('close', () => device.destroy());
}
