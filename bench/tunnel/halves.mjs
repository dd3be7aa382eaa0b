// A tunnel of Platen's own modules without server and agent: a process for each end, joined by a relay or directly.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startControlPlane } from '../relay/control-plane.mjs';
import { startRelay } from '../relay/relay-processes.mjs';
import { program } from './programs.mjs';

const options = (fields) => [JSON.stringify(fields)];

/**
 * @param application address, as the device's end reaches it
 * @param onDevice words before the command of the device's end
 * @returns the local port, as a way
 */
export async function directTunnel(root, application, host = '127.0.0.1', onDevice = []) {
  const both = { dist: join(root, 'dist/src'), remoteSessionId: randomUUID() };
  const terminal = await program('half.mjs', options({ ...both, role: 'terminal', listen: { host } }));
  const opened = terminal.next();
  const dial = { host, port: terminal.message };
  const device = await program('half.mjs', options({ ...both, role: 'device', dial, application }), onDevice);
  const { port } = await opened;
  return { to: { port }, stop: () => Promise.all([device.stop(), terminal.stop()]) };
}

/** @param settings of the relay; with TLS, `pin` is that of its key */
export async function relayedTunnel(root, folder, application, { settings = {}, pin, onDevice = [] } = {}) {
  const dist = join(root, 'dist/src');
  const plane = await startControlPlane(dist);
  const relay = await startRelay(join(dist, 'cli.js'), folder, plane, 1, settings);
  const { remoteSessionId, device, terminal } = await plane.prepare();
  const half = (role, info, more, enter) =>
    program('half.mjs', options({ role, dist, remoteSessionId, relay: { ...info, pin }, ...more }), enter);
  const far = await half('device', device, { application }, onDevice);
  const near = await half('terminal', terminal, {});
  return {
    to: { port: near.message.port },
    stop: async () => {
      await Promise.all([far.stop(), near.stop()]);
      await relay.stop();
      plane.stop();
    },
  };
}
