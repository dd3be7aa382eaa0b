import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { LIMITS } from '../../protocol/limits';
import { connectTls, type Trust } from '../../tunnel/pinned-tls';
import { withTimeLimit } from '../../tunnel/time-limit';

interface Asked {
  readonly trust?: Trust;
  readonly headers?: Record<string, string>;
  /** For addresses on this machine. */
  readonly unverified?: boolean;
}
interface Answered {
  readonly status: number | undefined;
  readonly body: string;
  /** Of TLS. */
  readonly presented: X509Certificate | undefined;
}

/** One GET request. @throws the error of TCP or TLS, TimeoutError */
export function answerOf(url: URL, { trust, headers = {}, unverified = false }: Asked): Promise<Answered> {
  return withTimeLimit(LIMITS.DIAL_TIMEOUT_MS, undefined, async (signal) => {
    const over = { ALPNProtocols: ['http/1.1'], ...(unverified ? { rejectUnauthorized: false } : {}) };
    const socket = url.protocol === 'https:' ? connectTls(url, trust, over) : undefined;
    const request = httpRequest(url.href.replace(/^https:/, 'http:'), {
      headers: { host: url.host, ...headers },
      signal,
      ...(socket ? { createConnection: () => socket } : { agent: false }),
    });
    try {
      request.end();
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      const presented = (answer.socket as Partial<TLSSocket>).getPeerX509Certificate?.();
      return { status: answer.statusCode, body: await textOf(answer), presented };
    } finally {
      request.on('error', () => undefined).destroy();
      socket?.destroy(); // after an answer to `Connection: Upgrade`, Node keeps it open, and so may a proxy for minutes
    }
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > LIMITS.API_BODY_BYTES) break;
  }
  return text;
}

/** A TLS handshake as agents make it. @throws the error of TCP or TLS, TimeoutError */
export async function handshake(url: URL, trust: Trust): Promise<void> {
  const socket = connectTls(url, trust, { ALPNProtocols: ['xmpp-client'] });
  socket.on('error', () => undefined); // a wrong key is reported after secureConnect
  try {
    await withTimeLimit(LIMITS.DIAL_TIMEOUT_MS, undefined, (signal) => once(socket, 'secureConnect', { signal }));
    if (socket.errored) throw socket.errored;
  } finally {
    socket.destroy();
  }
}
