import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildImages, removeImages } from '../containers/images';
import { removeFolder } from '../remove-folder';
import { PostgresServer } from '../server/postgres';
import { bootstrapDebian } from '../stage/clean-debian';
import type { Shared } from './shared';

interface Made {
  readonly at: string;
  remove(): Promise<void>;
}

declare global {
  var madeInThisRun: Map<string, Promise<Made>>;
}

const inFolder = (at: string): Made => ({ at, remove: () => removeFolder(at) });
const MAKERS: Record<Shared, () => Promise<Made>> = {
  postgres: async () => {
    const server = await PostgresServer.start();
    return { at: server.url, remove: () => server.remove() };
  },
  packages: async () => {
    const folder = await mkdtemp('/var/tmp/platen-packages-'); // on the disk: they are large
    const tool = join(__dirname, '../../../tools/build-package.mjs');
    await promisify(execFile)(process.execPath, [tool, '--out', folder]);
    return inFolder(folder);
  },
  debian: async () => inFolder(await bootstrapDebian()),
  images: async () => {
    const at = await buildImages();
    return { at, remove: () => removeImages(at) };
  },
};

/** Jest calls this once, before the first spec, in the process that also outlives the last one. */
export default async function setUp(): Promise<void> {
  const made = (globalThis.madeInThisRun = new Map<string, Promise<Made>>());
  const asked = createServer(({ url = '' }, response) => {
    response.setHeader('connection', 'close'); // an idle connection would delay the end of the run
    const what = url.slice(1);
    if (!made.has(what)) made.set(what, MAKERS[what as Shared]());
    made.get(what)!.then(
      ({ at }) => response.end(at),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await once(asked.listen(0, '127.0.0.1').unref(), 'listening');
  process.env.PLATEN_TEST_SHARED = `http://127.0.0.1:${(asked.address() as AddressInfo).port}`;
}
