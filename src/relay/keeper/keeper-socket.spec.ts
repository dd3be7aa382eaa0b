import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { writeScriptedMaster } from '../../../test/support/relay/scripted-master';
import { until } from '../../../test/support/until';
import { KEEPER_METHODS, KEEPER_REFUSALS } from '../../protocol/keeper-rpc';
import { KEEPER_SUBPROTOCOL } from '../../protocol/version';
import { RpcPeer } from '../../tunnel/json-rpc';
import { Keeper } from './keeper';
import { KeeperRunning } from './keeper.errors';
import { keeperMethods } from './keeper-methods';
import { KeeperSocket, keeperSocket } from './keeper-socket';
import { ListeningPorts } from './listening-ports';
import { DesiredRun } from './desired-run';

describe("the keeper's socket", () => {
  let folder: string;
  const closing: (() => Promise<unknown>)[] = [];
  const { journal } = recordedJournal();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'platen-socket-'));
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    rmSync(folder, { recursive: true });
  });

  async function open(): Promise<KeeperSocket> {
    const socket = await KeeperSocket.open(folder);
    closing.push(() => socket.close());
    return socket;
  }
  async function dial(subprotocol: string): Promise<WebSocket> {
    const ws = new WebSocket(`ws+unix:${keeperSocket(folder)}:/`, subprotocol);
    closing.push(() => Promise.resolve(ws.terminate()));
    await once(ws, 'open');
    return ws;
  }
  async function keeperWithClient(port = 0) {
    const socket = await open();
    const desired = new DesiredRun(folder, { file: writeScriptedMaster(folder, '1.0.0'), pairs: 1 }, journal);
    const keeper = new Keeper(await ListeningPorts.at('127.0.0.1', port), desired, {}, journal);
    closing.push(() => keeper.stop(0));
    keeper.start();
    socket.serve(keeperMethods(keeper), journal);
    return new RpcPeer(await dial(KEEPER_SUBPROTOCOL), {}, {}, KEEPER_METHODS, journal);
  }

  it('answers every method of keeper-rpc', async () => {
    const client = await keeperWithClient();
    await until('the relay', async () => (await client.call('status', {})).serving?.state === 'serving');
    const run = { file: writeScriptedMaster(folder, '2.0.0'), pairs: 2 };
    expect((await client.call('try', run)).outcome).toBe('started');
    expect(await client.call('discard', {})).toEqual({});
    const tried = await client.call('try', run);
    const instance = tried.outcome === 'started' ? tried.instance : '';
    await until('the candidate', async () => (await client.call('status', {})).candidate?.state === 'ready');
    const other = '0c9d8e7f-6a5b-4c3d-8e1f-2a3b4c5d6e7f';
    expect(await client.call('take-over', { instance: other })).toEqual({ known: false });
    expect(await client.call('take-over', { instance })).toEqual({ known: true });
    const { serving } = await until('the take-over', async () => {
      const status = await client.call('status', {});
      return status.serving?.instance === instance && status;
    });
    expect(serving).toMatchObject({ ...run, version: '2.0.0', state: 'serving' });
  });

  it('refuses impossible requests with a specific error', async () => {
    const client = await keeperWithClient(65_535);
    const file = writeScriptedMaster(folder, '2.0.0');
    expect(await client.call('try', { file, pairs: 2 })).toEqual({
      outcome: 'port-in-use',
      detail: '127.0.0.1:65536 cannot be used: the port number is too high',
    });
    await expect(client.call('try', { file: 'release.cjs', pairs: 1 })).rejects.toMatchObject({ code: 'rpc-refused' });
    const tried = await client.call('try', { file, pairs: 1 });
    const instance = tried.outcome === 'started' ? tried.instance : '';
    await until('the candidate', async () => (await client.call('status', {})).candidate?.state === 'ready');
    symlinkSync('/dev/full', join(folder, 'wanted.next.json'));
    await expect(client.call('take-over', { instance })).rejects.toMatchObject({
      rpcCode: KEEPER_REFUSALS['not-stored'],
      message: expect.stringContaining('ENOSPC'),
    });
  });

  it('is private to its owner and accepts only the keeper subprotocol', async () => {
    await keeperWithClient();
    expect(statSync(folder).mode & 0o077).toBe(0);
    await expect(dial('platen.relay.v1')).rejects.toThrow('400');
  });

  it('allows one keeper per folder', async () => {
    await open();
    await expect(KeeperSocket.open(folder)).rejects.toThrow(KeeperRunning);
  });

  it('replaces the socket of a killed keeper', async () => {
    const listen = `require('node:net').createServer().listen(${JSON.stringify(keeperSocket(folder))}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', listen]), 'exit');
    expect(statSync(keeperSocket(folder)).isSocket()).toBe(true);
    await open();
    await expect(KeeperSocket.open(folder)).rejects.toThrow(KeeperRunning);
  });
});
