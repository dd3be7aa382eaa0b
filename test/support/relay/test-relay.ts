import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../remove-folder';
import type { PairAddress } from '../../../src/relay/pair-rpc';
import { startRelay, type Relay } from '../../../src/relay/master/relay';
import type { RelayConfig } from '../../../src/relay/relay-config';
import { LIMITS } from '../../../src/protocol/limits';
import type { RelayStanding } from '../../../src/protocol/relay-rpc';
import { dialRelay, type RelayConnection } from '../../../src/tunnel/relay-connection';
import { FakeControlPlane, type PreparedSession } from './fake-control-plane';
import { recordedJournal, type RecordedJournal } from '../recorded-journal';
import { pairsInProcess } from './pairs-in-process';

/** A relay in this process, pairs too, with a fake control plane; real sockets, real database. */
export interface TestRelay {
  readonly relay: Relay;
  /** Of each pair. */
  readonly addresses: PairAddress[];
  readonly controlPlane: FakeControlPlane;
  readonly recorded: RecordedJournal;
  readonly config: RelayConfig;
  /** Both halves, established and joined. */
  join(session: PreparedSession): Promise<{ device: RelayConnection; terminal: RelayConnection }>;
  stop(): Promise<void>;
}

/** @param standing a candidate does not listen where peers dial */
export async function startTestRelay(
  changes: Partial<RelayConfig> = {},
  standing: RelayStanding = 'serving',
): Promise<TestRelay> {
  const controlPlane = await FakeControlPlane.start();
  const data = await mkdtemp(join(tmpdir(), 'platen-relay-'));
  const recorded = recordedJournal();
  const config: RelayConfig = {
    id: 'local',
    secret: FakeControlPlane.SECRET,
    region: undefined,
    data,
    host: '127.0.0.1',
    port: 0,
    publicUrl: undefined,
    pairs: 1,
    instance: randomUUID(),
    pair: 1,
    rpcUrl: `${controlPlane.url.replace('http', 'ws')}/internal/relay`,
    serverPin: undefined,
    serverCertificate: undefined,
    tls: undefined,
    authority: undefined,
    proxies: [],
    logLevel: 'silent',
    ...changes,
  };
  const relay = await startRelay(config, '0.0.0-test', pairsInProcess(config, recorded.journal), recorded.journal);
  const addresses = standing === 'serving' ? await relay.serve() : [];
  if (standing === 'serving') await relay.recover([]);
  relay.dial();
  return {
    relay,
    addresses,
    controlPlane,
    recorded,
    config,
    async join(session) {
      const device = await dialRelay(session.device, 'device');
      const terminal = await dialRelay(session.terminal, 'terminal');
      await Promise.all([device.joined, terminal.joined]);
      return { device, terminal };
    },
    async stop() {
      await relay.stop();
      await controlPlane.stop();
      await removeFolder(data);
    },
  };
}

/** Changes limits for all tests of a spec file, each of which has modules of its own; before what reads them is loaded. */
export function setLimits(changes: Partial<Record<keyof typeof LIMITS, number>>): void {
  Object.assign(LIMITS, changes);
}
/** Changes a limit for one test; `jest.restoreAllMocks()` takes it back. */
export function setLimit(name: keyof typeof LIMITS, value: number): void {
  jest.replaceProperty(LIMITS, name, value);
}
