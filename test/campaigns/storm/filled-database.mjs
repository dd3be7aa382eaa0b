// A database with agents that have been enrolled, and with past sessions.
import { randomBytes } from 'node:crypto';
import { built } from '../campaign.mjs';

const DEVICES = 1_000;
const USERS = 20;
/** Of each past session; the relay's logs are four. */
const STEPS = 12;
const ROWS_AT_ONCE = 10_000;

export const agentIdOf = (number) => `agent-${String(number).padStart(5, '0')}`;
export const deviceIdOf = (number) => `device-${String(number).padStart(5, '0')}`;

/**
 * All agents have the same password and salt, so that one process can be all of them without hashing for each.
 * @returns {Promise<{ password: string }>}
 */
export async function fillDatabase(environment, { agents, sessions }) {
  const { readConfig } = built('src/server/config/config');
  const { loadSecrets } = built('src/server/config/secrets');
  const { openDatabase } = built('src/server/database/open-database');
  const { scramKeys } = built('src/server/xmpp/login/scram');
  const { dataSourceOptions } = built('ormconfig');
  const { AgentEntity } = built('src/server/devices/agents/agent.entity');

  const config = readConfig(environment);
  const database = await openDatabase(dataSourceOptions(config), loadSecrets(config));
  try {
    const password = randomBytes(32).toString('base64url');
    const stored = async (algorithm) => {
      const { salt, iterations, storedKey, serverKey } = await scramKeys(password, algorithm);
      const text = (bytes) => bytes.toString('base64');
      return { salt: text(salt), iterations, storedKey: text(storedKey), serverKey: text(serverKey) };
    };
    const keys = { scramSha1: await stored('sha1'), scramSha256: await stored('sha256') };
    const createdAt = new Date();
    const accounts = Array.from({ length: agents }, (_, number) => ({
      ...{ ...keys, createdAt, id: agentIdOf(number), deviceIds: [deviceIdOf(number)] },
    }));
    for (let first = 0; first < agents; first += 500)
      await database.getRepository(AgentEntity).insert(accounts.slice(first, first + 500));
    await insertPastSessions(database, sessions, agents);
    return { password };
  } finally {
    await database.destroy();
  }
}

/** With statements that both databases understand: a row for each number. */
async function insertPastSessions(database, sessions, agents) {
  const id = (kind, number = 'n') =>
    `'${kind}0000000-0000-4000-8000-' || substr(CAST(1000000000000 + ${number} AS TEXT), 2)`;
  const start = Date.now() - sessions * 60_000;
  const at = (seconds) => `${start} + n * 60000 + ${seconds * 1000}`;
  const named = (prefix, count) => `'${prefix}' || substr(CAST(100000 + n % ${count} AS TEXT), 2)`;
  const insert = async (table, rows, columns) => {
    for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
      const last = Math.min(first + ROWS_AT_ONCE, rows) - 1;
      const names = Object.keys(columns).map((name) => `"${name}"`);
      await database.query(
        `WITH RECURSIVE numbers(n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${last})
         INSERT INTO ${table} (${names.join()}) SELECT ${Object.values(columns).join()} FROM numbers`,
      );
    }
  };
  await insert('remote_sessions', sessions, {
    id: id('a'),
    userId: id('b', `n % ${USERS}`),
    username: named('user-', USERS),
    displayName: named('User ', USERS),
    deviceId: named('device-', Math.min(DEVICES, agents)),
    deviceName: named('Device ', Math.min(DEVICES, agents)),
    agentId: named('agent-', Math.min(DEVICES, agents)),
    applicationId: `'web'`,
    reason: `'The paper jams in the second tray.'`,
    minutes: 30,
    grant: `'operate'`,
    state: `'ended'`,
    ending: `'ended-by-terminal'`,
    requestedAt: at(0),
    approvedAt: at(10),
    establishedAt: at(15),
    endedAt: at(50),
    validUntil: at(1815),
    relayId: `'local'`,
    linkId: id('c'),
    deviceHalf: `'ended'`,
    terminalHalf: `'ended'`,
    bytesFromDevice: 1_000_000,
    bytesFromTerminal: 20_000,
  });
  await insert('half_logs', sessions * 4, {
    id: id('d'),
    sessionId: id('a', 'n / 4'),
    half: `CASE WHEN n % 2 = 0 THEN 'device' ELSE 'terminal' END`,
    kind: `CASE WHEN n % 4 < 2 THEN 'start' ELSE 'end' END`,
    at: `${start} + n * 15000`,
    keptAt: `${start} + n * 15000`,
    reason: `CASE WHEN n % 4 < 2 THEN NULL ELSE 'requested' END`,
  });
  await insert('session_steps', sessions * STEPS, {
    sessionId: id('a', `n / ${STEPS}`),
    step: `'S' || CAST(140 + n % ${STEPS} AS TEXT)`,
    at: `${start} + n * 5000`,
  });
}
