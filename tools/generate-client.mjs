// Writes the types of the client in src/client from the OpenAPI document of this build's server: the routes that are open
// to external clients.
//   npm run client:generate
//   node tools/generate-client.mjs --print document.json    prints them from a document, for the tests
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import openapiTypes, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'src/client/api.generated.ts');
const HEADER = '// Generated from the OpenAPI document by `npm run client:generate`. Do not edit.\n\n';

/** Security schemes of external clients. */
const SCHEMES = ['client', 'clientSecret'];

/** The routes that are open to external clients, and the schemas that these refer to. */
function partForClients(document) {
  const isOpen = ({ security = [] }) => security.some((each) => SCHEMES.some((scheme) => scheme in each));
  const paths = Object.fromEntries(
    Object.entries(document.paths)
      .map(([path, item]) => [path, Object.fromEntries(Object.entries(item).filter(([, route]) => isOpen(route)))])
      .filter(([, item]) => Object.keys(item).length > 0),
  );
  const schemas = {};
  const add = (part) => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (name in schemas) continue;
      schemas[name] = document.components.schemas[name];
      add(schemas[name]);
    }
  };
  add(paths);
  return { ...document, paths, components: { schemas } };
}

async function typesOf(document) {
  const part = partForClients(document);
  const types = astToString(await openapiTypes(part, { alphabetize: true, defaultNonNullable: false, silent: true }));
  return format(HEADER + types, { ...(await resolveConfig(target)), parser: 'typescript' });
}

/** The document of a server that is started for this, with an empty data folder. */
async function servedDocument() {
  const data = mkdtempSync(join(tmpdir(), 'platen-document-'));
  const env = {
    ...process.env,
    PLATEN_DATA: data,
    PLATEN_DATABASE_URL: '',
    PLATEN_HOST: '127.0.0.1',
    PLATEN_PORT: '0',
    PLATEN_XMPP_PORT: '0',
    PLATEN_RELAY: 'remote',
    PLATEN_LOG_LEVEL: 'info',
  };
  const server = spawn(process.execPath, [join(root, 'dist/src/cli.js'), 'server'], {
    env,
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise((resolve) => server.once('exit', resolve));
  try {
    for await (const line of createInterface({ input: server.stderr })) {
      const url = /"url":"([^"]+)"/.exec(line)?.[1];
      if (!url) continue;
      const answer = await fetch(`${url}/api/docs-json`, { signal: AbortSignal.timeout(30_000) });
      return await answer.json();
    }
    throw new Error('the server did not start');
  } finally {
    server.kill();
    await exited;
    rmSync(data, { recursive: true });
  }
}

const [option, file] = process.argv.slice(2);
if (option === '--print') process.stdout.write(await typesOf(JSON.parse(readFileSync(file, 'utf8'))));
else writeFileSync(target, await typesOf(await servedDocument()));
