// Programs beside this one that report a port, and waiting for a port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ANSWER_MS = 20_000;

/**
 * A file of this folder as a program.
 * @param enter words before the command, as of `ip netns exec`
 * @returns its first message, the following one, and how it is stopped
 */
export async function program(file, args = [], enter = []) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const [command, ...words] = [...enter, process.execPath, path, ...args];
  const child = spawn(command, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${file} exited with ${code}`)));
  failed.catch(() => undefined);
  const next = () => Promise.race([once(child, 'message').then(([message]) => message), failed]);
  return { message: await next(), next, stop: stopping(child) };
}

/** @returns what ends a program and waits for its exit */
export const stopping = (child) => () => {
  if (child.exitCode !== null || child.signalCode !== null) return undefined;
  const exited = once(child, 'exit');
  child.kill();
  return exited;
};

/** Waits until something listens. @throws Error after a while */
export async function listening(port, host = '127.0.0.1') {
  const end = Date.now() + ANSWER_MS;
  for (;;) {
    const socket = connect({ host, port });
    const answer = await Promise.race([
      once(socket, 'connect').then(() => 'yes'),
      once(socket, 'error').catch((error) => error),
    ]).catch((error) => error);
    socket.destroy();
    if (answer === 'yes') return;
    if (Date.now() > end) throw new Error(`nothing listens on port ${port}`);
    await delay(50);
  }
}
