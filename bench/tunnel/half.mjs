// One end of a tunnel, of the modules of Platen that carry it, in a process of its own.
//   node bench/tunnel/half.mjs '{ "role": "terminal" | "device", "dist": ..., ... }'
// `relay`: the connection information of its half; or without a relay `dial` (device) or `listen` (terminal): a TCP address.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';

const { role, dist, remoteSessionId, relay, dial, listen, application } = JSON.parse(process.argv[2]);
const load = createRequire(import.meta.url);
const built = (module) => load(join(dist, `${module}.js`));
process.on('disconnect', () => process.exit(0));

/** As a WebSocket's stream is: no socket, which earlier versions would read below its events. */
const plain = (socket) => Duplex.from({ readable: socket, writable: socket }).once('close', () => socket.destroy());

async function bytes() {
  if (relay) {
    const connection = await built('tunnel/relay-connection').dialRelay(relay, role, { resumable: true });
    if (role === 'device') process.send('established');
    await connection.joined;
    return connection.bytes;
  }
  if (dial) {
    const socket = connect({ ...dial, noDelay: true });
    await once(socket, 'connect');
    process.send('established');
    return plain(socket);
  }
  const server = createServer({ noDelay: true }).listen(0, listen.host);
  await once(server, 'listening');
  process.send(server.address().port);
  return plain((await once(server, 'connection'))[0]);
}

const stream = await bytes();
if (role === 'device') {
  const { connectTarget } = built('agent/cloud-hub/application-connection');
  built('tunnel/http2-tunnel').serveTunnel(stream, {
    remoteSessionId,
    open: () => connectTarget({ ...application, tls: false }),
  });
} else {
  const { openTunnel } = built('tunnel/http2-tunnel');
  const { LocalPort } = built('tunnel/local-port');
  const tunnel = await openTunnel(stream, { remoteSessionId, applicationId: 'bench' });
  const port = await LocalPort.open(0);
  port.serve(tunnel, { onFirst: () => undefined, onRefused: (why) => console.error(`bench: refused: ${why}`) });
  process.send({ port: port.port });
}
