// MeshCentral: its server with the relay in it, its agent, and a client that speaks its WebSocket, as MeshCentral Router does.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { arch } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { MESHCENTRAL } from '../peers.mjs';
import { listening, program, stopping } from './programs.mjs';

const AGENTS = { x64: 'meshagent_x86-64', arm64: 'meshagent_arm64' };
const PROGRAM = join(MESHCENTRAL.folder, 'node_modules/meshcentral');
const USER = 'admin';
const AGENT_MS = 60_000;
/** Of a group of devices with agents. */
const WITH_AGENTS = 2;
const ANY_CERTIFICATE = { rejectUnauthorized: false };

/** @param port a free one @returns a way, see ways.mjs */
export async function meshcentral(port, folder, application) {
  if (!existsSync(PROGRAM) || !AGENTS[arch()]) return undefined;
  const place = join(folder, 'meshcentral');
  const [data, files] = ['data', 'files'].map((name) => join(place, name));
  for (const each of [data, files]) mkdirSync(each, { recursive: true });
  const settings = {
    cert: '127.0.0.1',
    port,
    exactPorts: true,
    redirPort: 0,
    mpsPort: 0,
    WANonly: true,
    selfUpdate: false,
  };
  writeFileSync(join(data, 'config.json'), JSON.stringify({ settings, domains: { '': { title: 'Benchmark' } } }));
  const password = randomBytes(12).toString('base64url');
  const run = (...words) =>
    spawn(process.execPath, [PROGRAM, '--datapath', data, '--filespath', files, ...words], {
      cwd: place,
      stdio: 'ignore',
    });
  await once(run('--createaccount', USER, '--pass', password, '--email', 'admin@localhost'), 'exit');
  await once(run('--adminaccount', USER), 'exit');
  const server = run();
  await listening(port);

  const address = `127.0.0.1:${port}`;
  const headers = { 'x-meshauth': [USER, password].map((each) => Buffer.from(each).toString('base64')).join() };
  const control = new WebSocket(`wss://${address}/control.ashx`, { ...ANY_CERTIFICATE, headers });
  await once(control, 'open');
  const ask = (request) =>
    new Promise((resolve) => {
      const take = (message) => {
        const answer = JSON.parse(message);
        if (answer.action !== request.action) return;
        control.off('message', take);
        resolve(answer);
      };
      control.on('message', take);
      control.send(JSON.stringify({ ...request, responseid: 'bench' }));
    });
  const { meshid } = await ask({ action: 'createmesh', meshname: 'Benchmark', meshtype: WITH_AGENTS });

  const agentFolder = join(place, 'agent');
  mkdirSync(agentFolder);
  const file = join(agentFolder, 'meshagent');
  copyFileSync(join(PROGRAM, 'agents', AGENTS[arch()]), file);
  chmodSync(file, 0o755);
  const id = encodeURIComponent(meshid.split('/').at(-1));
  const [settingsOfAgent] = await once(get(`https://${address}/meshsettings?id=${id}`, ANY_CERTIFICATE), 'response');
  writeFileSync(`${file}.msh`, await text(settingsOfAgent));
  const agent = spawn(file, ['connect'], { cwd: agentFolder, stdio: 'ignore' });
  let node;
  for (const end = Date.now() + AGENT_MS; !node; await delay(500)) {
    if (Date.now() > end) throw new Error('its agent does not connect');
    node = Object.values((await ask({ action: 'nodes' })).nodes ?? {})
      .flat()
      .find(({ conn }) => conn & 1);
  }
  const target = { tcpaddr: application.host, tcpport: application.port };
  const { cookie } = await ask({ action: 'getcookie', nodeid: node._id, tag: 'tcprelay', ...target });
  const relay = `wss://${address}/meshrelay.ashx?auth=${encodeURIComponent(cookie)}`;
  // it sends a text when both of its ends are there
  const near = await program('websocket-port.mjs', [relay, 'after-text']);
  const stop = async () => {
    control.terminate();
    await near.stop();
    await stopping(agent)();
    await stopping(server)();
  };
  return { name: `MeshCentral ${MESHCENTRAL.version}`, to: { port: near.message }, stop };
}
