import { setTimeout as delay } from 'node:timers/promises';
import { answerOf, createApi } from './client';
import { SessionTunnel } from './session-tunnel';

/**
 * A program of a screen that uses the API as an external client: device information, a maintenance job, and a document
 * box through the tunnel of a session.
 *   node dist/src/client/example.js <device> <box>
 * The environment has PLATEN_SERVER, PLATEN_CLIENT_ID, PLATEN_CLIENT_SECRET and, for a server with a certificate that no
 * authority has signed, PLATEN_SERVER_PIN.
 */
async function main(deviceId: string, box: string): Promise<void> {
  const { env } = process;
  const { PLATEN_SERVER: server = '', PLATEN_CLIENT_ID: clientId = '', PLATEN_CLIENT_SECRET: secret = '' } = env;
  const api = createApi({ server, clientId, secret, pin: env.PLATEN_SERVER_PIN });
  const params = { path: { id: deviceId } };

  const { information } = await answerOf(api.POST('/api/devices/{id}/information', { params }));
  console.log(`${deviceId}: ${information?.model ?? 'unknown model'}, ${information?.state ?? 'unknown state'}`);

  const body = { operation: 'counters', waitMinutes: 60 } as const;
  let job = await answerOf(api.POST('/api/devices/{id}/jobs', { params, body }));
  while (job.endedAt === null) {
    await delay(1_000);
    job = await answerOf(api.GET('/api/jobs/{id}', { params: { path: { id: job.id } } }));
  }
  console.log(`job ${job.state}: ${job.result.map(({ name, value }) => `${name} ${value}`).join(', ')}`);

  const wanted = { deviceId, applicationId: 'box', reason: 'Copies of the invoices', minutes: 10 };
  const session = await answerOf(api.POST('/api/sessions', { body: wanted }));
  // without an access condition that the owner of the device has set there, this throws SessionOver: denied
  const tunnel = await SessionTunnel.open(api, session.id);
  try {
    const boxes = `http://127.0.0.1:${await tunnel.listen()}/boxes`;
    const { documents } = (await (await fetch(`${boxes}/${box}`)).json()) as { documents: { name: string }[] };
    for (const { name } of documents) {
      const document = await (await fetch(`${boxes}/${box}/${name}`)).arrayBuffer();
      console.log(`${name}: ${document.byteLength} bytes`);
    }
  } finally {
    await tunnel.terminate();
  }
}

const [device = 'demo-mfp', box = 'invoices'] = process.argv.slice(2);
main(device, box).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
