import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { readConfig, type Config } from '../../../src/server/config/config';
import { startServer } from '../../../src/server/main';
import { hashCheaply } from './cheap-hash';
import { databaseSettings } from './new-database';
import { storeUsers } from './stored-users';

export const ADMIN = { username: 'ada', password: 'a long enough password' };
export const TECHNICIAN = { username: 'tom', password: 'another long password' };

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly config: Config;
  /** A browser with its own cookies; `address` is where it seems to come from, so that throttles count it separately. */
  browser(address?: string): ReturnType<typeof request.agent>;
  /** The same, logged in. */
  loggedIn(who: { username: string; password: string }): Promise<ReturnType<typeof request.agent>>;
  stop(): Promise<void>;
}

let addresses = 0;
/** From the block for documentation (RFC 5737); a new one each time. */
const newAddress = (): string => `198.51.100.${(addresses += 1)}`;

/** The whole server, in this process, on free ports of loopback, with a data folder of its own and no relay. */
export async function startTestServer(overrides: Record<string, string> = {}): Promise<TestServer> {
  hashCheaply();
  const data = mkdtempSync(join(tmpdir(), 'platen-server-'));
  const config = readConfig({
    ...(await databaseSettings()),
    PLATEN_DATA: data,
    PLATEN_PORT: '0',
    PLATEN_XMPP_PORT: '0',
    PLATEN_RELAY: 'remote',
    PLATEN_LOG_LEVEL: 'silent',
    PLATEN_TRUST_PROXY: 'yes',
    ...overrides,
  });
  await storeUsers(config, [
    { ...ADMIN, displayName: 'Ada', role: 'admin' },
    { ...TECHNICIAN, displayName: 'Tom', role: 'technician' },
  ]);
  const server = await startServer(config);
  const url = `http://127.0.0.1:${server.port}`;

  const browser = (address = newAddress()) => request.agent(url).set('X-Forwarded-For', address);
  return {
    url,
    port: server.port,
    config,
    browser,
    async loggedIn({ username, password }) {
      const agent = browser();
      await agent.post('/api/auth/login').send({ username, password }).expect(200);
      return agent;
    },
    async stop() {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
