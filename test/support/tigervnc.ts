import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { freePorts, Program } from '../../src/demo/programs';
import { until } from './until';

/** Debian's tigervnc-standalone-server and x11-utils. */
const SERVER = '/usr/bin/Xtigervnc';
const EVENTS = '/usr/bin/xev';

export const hasTigervnc = (): boolean => existsSync(SERVER) && existsSync(EVENTS);

/** A real VNC server with an empty X screen, and what the screen gets of keys and buttons. */
export async function startTigervnc(...options: string[]) {
  const [port = 0] = await freePorts(1);
  const display = `:${port}`; // free as the port is
  const args = [display, '-rfbport', String(port), '-localhost', '-geometry', '320x240', '-nolisten', 'tcp'];
  const server = Program.start('Xtigervnc', [SERVER, ...args, '-SecurityTypes', 'None', ...options]);
  const listens = () =>
    new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true));
      socket.on('error', () => done(false)).on('connect', () => socket.destroy());
    });
  await until('Xtigervnc listens', listens, 15_000, 50);
  const watch = ['-display', display, '-root', '-event', 'keyboard', '-event', 'button'] as const;
  const events = Program.start('xev', [EVENTS, ...watch]);
  return {
    port,
    /** The keys and buttons that the screen got: `a`, `button 1`. */
    inputs: () => {
      const text = events.printed.join('\n');
      const presses = text.matchAll(
        /(?:KeyPress event|ButtonPress event)[^]*?(?:keysym 0x[0-9a-f]+, (\w+)|button (\d))/g,
      );
      return [...presses].map(([, key, button]) => key ?? `button ${button}`);
    },
    stop: async () => {
      await events.stop();
      await server.stop();
    },
  };
}
