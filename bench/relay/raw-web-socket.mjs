// A WebSocket client that costs as little as possible: the content it sends is prepared, what it receives is counted.
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const HEAD_END = '\r\n\r\n';
const [TEXT, BINARY] = [1, 2];

/** A masked frame, as RFC 6455 requires of a client. */
export function clientFrame(payload, opcode = BINARY) {
  const key = randomBytes(4);
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (header.length > 2) header.writeUIntBE(length, header.length === 4 ? 2 : 4, header.length === 4 ? 2 : 6);
  return Buffer.concat([header, key, payload.map((byte, index) => byte ^ key[index % 4])]);
}

/** @returns the socket after the opening handshake; nothing of what follows has been read yet */
export async function openWebSocket(address, subprotocol) {
  const url = new URL(address);
  const to = { host: url.hostname, port: Number(url.port) };
  const socket =
    url.protocol === 'wss:' ? connectTls({ ...to, rejectUnauthorized: false }) : connect({ ...to, noDelay: true });
  await once(socket, url.protocol === 'wss:' ? 'secureConnect' : 'connect');
  socket.write(
    `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
      `Sec-WebSocket-Protocol: ${subprotocol}${HEAD_END}`,
  );
  let received = Buffer.alloc(0);
  while (!received.includes(HEAD_END)) {
    const [chunk] = await once(socket, 'readable').then(() => [socket.read()]);
    if (chunk) received = Buffer.concat([received, chunk]);
  }
  socket.unshift(received.subarray(received.indexOf(HEAD_END) + HEAD_END.length));
  return socket;
}

/** Establishes a half at a relay. Its next bytes are `joined`, or come after it. */
export async function establish({ url, sessionId, token }) {
  const socket = await openWebSocket(url, 'platen.relay.v1');
  const message = JSON.stringify({ type: 'establish', sessionId, token });
  socket.write(clientFrame(Buffer.from(message), TEXT));
  let received = '';
  while (!received.includes('"established"')) {
    await once(socket, 'readable');
    received += socket.read() ?? '';
  }
  return socket;
}
