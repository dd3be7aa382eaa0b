import { join } from 'node:path';
import { createJournal } from '../../../src/journal/journal';
import { startRelay, type Relay } from '../../../src/relay/master/relay';
import { loadSecrets } from '../../../src/server/config/secrets';
import { relaySecret } from '../../../src/server/relays/relay-secret';
import type { ControlPlane } from '../server/control-plane';
import { pairsInProcess } from './pairs-in-process';

export interface RealRun {
  readonly id: string;
  readonly instance: string;
  readonly version: string;
  readonly pairs: number;
}

/** A real relay in this process, pairs too, that has dialled the server as a candidate. */
export async function startRealRelay(plane: ControlPlane, { id, instance, version, pairs }: RealRun): Promise<Relay> {
  const { config, url } = plane;
  const journal = createJournal('relay', 'silent');
  const relayConfig = {
    id,
    secret: relaySecret(loadSecrets(config).localRelaySecret, id),
    data: join(config.data, `run-${instance}`),
    region: undefined,
    host: '127.0.0.1',
    port: 0,
    publicUrl: undefined,
    pairs,
    instance,
    pair: 1,
    rpcUrl: `${url.replace('http', 'ws')}/internal/relay`,
    serverPin: undefined,
    serverCertificate: undefined,
    tls: undefined,
    authority: undefined,
    proxies: [],
    logLevel: 'silent',
  };
  const relay = await startRelay(relayConfig, version, pairsInProcess(relayConfig, journal), journal);
  relay.dial();
  return relay;
}
