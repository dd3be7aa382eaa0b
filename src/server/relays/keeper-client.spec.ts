import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeKeeper } from '../../../test/support/relay/fake-keeper';
import { setLimit } from '../../../test/support/relay/test-relay';
import { createJournal } from '../../journal/journal';
import { RpcRefused } from '../../tunnel/json-rpc.errors';
import { readConfig } from '../config/config';
import { KeeperClient } from './keeper-client';
import { KeeperRefused, KeeperUnavailable } from './keeper.errors';

describe('the client of the keeper', () => {
  const data = mkdtempSync(join(tmpdir(), 'platen: 100 % ä?#-'));
  const client = new KeeperClient(createJournal('server', 'silent'), readConfig({ PLATEN_DATA: data }));
  let keeper: FakeKeeper;
  beforeEach(async () => void (keeper = await FakeKeeper.start(data)));
  afterEach(async () => {
    await keeper.stop();
    jest.restoreAllMocks();
  });
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  it('starts a candidate and lets it take over', async () => {
    const run = { file: '/releases/1.2.0/relay.cjs', pairs: 3 };
    const tried = await client.tryRelease(run);
    if (tried.outcome !== 'started') throw new Error(tried.outcome);
    expect(await client.status()).toMatchObject({ candidate: { ...run, instance: tried.instance }, restarts: 0 });
    expect(await client.takeOver(tried.instance)).toBe(true);
    expect(await client.status()).toMatchObject({ candidate: null, wanted: run, serving: { state: 'serving' } });
    expect(await client.takeOver(tried.instance)).toBe(false);
  });

  it('discards a candidate', async () => {
    await client.tryRelease({ file: null, pairs: 2 });
    await client.discard();
    expect(keeper.asked).toEqual(['try built-in 2', 'discard']);
    expect((await client.status()).candidate).toBeNull();
  });

  it('reconnects to a restarted keeper', async () => {
    const { serving } = await client.status();
    await keeper.stop();
    await expect(client.status()).rejects.toThrow(KeeperUnavailable);
    await keeper.listen();
    expect(await client.status()).toMatchObject({ serving });
  });

  it.each<[string, () => Promise<void>]>([
    ['stops without an answer', () => keeper.stop().then(() => new Promise<void>(() => undefined))],
    ['does not answer in time', () => new Promise<void>(() => undefined)],
  ])('reports an unavailable keeper that %s', async (_, before) => {
    setLimit('RELAY_RPC_TIMEOUT_MS', 300);
    keeper.before = before;
    await expect(client.discard()).rejects.toThrow(KeeperUnavailable);
  });

  it("reports a refusal with the keeper's reason", async () => {
    keeper.before = () => Promise.reject(new RpcRefused(-32060, 'wanted.json cannot be written (ENOSPC)'));
    const asked = client.takeOver('9c0b6a86-3f0e-4c8f-9e1e-2a5f7c1f5a11');
    await expect(asked).rejects.toThrow(KeeperRefused);
    await expect(asked).rejects.toThrow(/ENOSPC/);
  });
});
