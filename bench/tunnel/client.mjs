// The client at the near end of all ways: bulk both ways, and small requests. See application.mjs for what is sent.
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { percentile } from '../report.mjs';

export const REQUEST_BYTES = 64;
const SMALL_BYTES = 1024;
const PIECE = Buffer.alloc(256 * 1024, 0x5a);

const request = (kind, bytes) => Buffer.from(`${kind}${bytes}`.padEnd(REQUEST_BYTES));

async function dial({ host = '127.0.0.1', port }) {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  return socket.on('error', () => undefined); // `close` follows
}

/** Resolves when so many bytes have arrived. @throws Error if the connection ends first */
function received(socket, bytes) {
  let left = bytes;
  return new Promise((resolve, reject) => {
    const done = (error) => {
      socket.off('data', take).off('close', cut);
      if (error) reject(error);
      else resolve();
    };
    const take = (chunk) => (left -= chunk.length) <= 0 && done();
    const cut = () => done(new Error(`the connection ended ${left} bytes too early`));
    socket.on('data', take).on('close', cut);
  });
}

/** @returns MB/s, from the request to the last byte */
export async function download(to, bytes) {
  const socket = await dial(to);
  const all = received(socket, bytes);
  const start = performance.now();
  socket.write(request('D', bytes));
  await all;
  const seconds = (performance.now() - start) / 1000;
  socket.destroy();
  return bytes / 1e6 / seconds;
}

/** @returns MB/s, from the first byte to the application's answer */
export async function upload(to, bytes) {
  const socket = await dial(to);
  const answered = received(socket, 1);
  const start = performance.now();
  socket.write(request('U', bytes));
  for (let left = bytes; left > 0; left -= PIECE.length)
    if (!socket.write(PIECE.subarray(0, Math.min(PIECE.length, left))))
      await Promise.race([once(socket, 'drain'), answered]);
  await answered;
  const seconds = (performance.now() - start) / 1000;
  socket.destroy();
  return bytes / 1e6 / seconds;
}

/**
 * Requests of 1 KB, one after the other on each connection, until so many are answered or `until` resolves.
 * @returns p50 and p99 in ms
 */
export async function requests(to, { connections = 1, count = Infinity, until }) {
  const times = [];
  let left = count;
  void until?.finally(() => (left = 0)).catch(() => undefined);
  const one = async () => {
    const socket = await dial(to);
    while (left-- > 0) {
      const answered = received(socket, SMALL_BYTES);
      const start = performance.now();
      socket.write(request('D', SMALL_BYTES));
      await answered;
      times.push(performance.now() - start);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: connections }, one));
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** 1 KB requests while a download is under way. */
export async function clicks(to, bytes) {
  const socket = await dial(to);
  const all = received(socket, bytes);
  socket.write(request('D', bytes));
  // its first byte: the download has begun
  await once(socket, 'data');
  const times = await requests(to, { until: all });
  await all;
  socket.destroy();
  return times;
}
