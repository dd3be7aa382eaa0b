import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PostgresServer } from '../server/postgres';

declare global {
  /** The specs of a run share one PostgreSQL, which is started when the first one asks for it. */
  var postgresOfTheRun: Promise<PostgresServer> | undefined;
}

/** Jest calls this once, before the first spec, in the process that also outlives the last one. */
export default async function setUp(): Promise<void> {
  const asked = createServer((_request, response) => {
    response.setHeader('connection', 'close'); // an idle connection would delay the end of the run
    globalThis.postgresOfTheRun ??= PostgresServer.start();
    globalThis.postgresOfTheRun.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await once(asked.listen(0, '127.0.0.1').unref(), 'listening');
  process.env.PLATEN_TEST_POSTGRES = `http://127.0.0.1:${(asked.address() as AddressInfo).port}`;
}
