import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { COMMON_FIELDS, LOG_FIELDS } from '../../src/journal/log-fields';
import { createdEnrolment, sessionConnection } from '../../src/protocol/api';
import { request } from '../../src/demo/api-request';
import { event } from '../../src/demo/scenario';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { TestStage } from '../support/stage/test-stage';

/** Session IDs, tokens and enrolment codes all look like this, and so do the hashes and pins that are no secret. */
const SECRET_SHAPE = /(?<![\w-])[\w-]{43}(?![\w-])/g;

let on: TestStage;
beforeAll(async () => {
  on = await TestStage.set({ env: { PLATEN_LOG_LEVEL: 'trace' } });
});
afterAll(() => on?.strike());

/** Files that are there to hold a secret; each must be for its owner's eyes only. */
const KEEPERS = /(secrets\.json|secret|credentials\.json|\.key|key|agent-credentials\.json)$/;

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

it('leaves no secret in a log, a database or a file that others may read', async () => {
  const { admin, technician } = SAMPLE_USERS;
  const login = await request(on.stage.serverUrl, 'POST', '/api/auth/login', {
    username: admin.username,
    password: admin.password,
  });
  const enrol = { agentId: 'other', siteId: await on.siteId(), deviceIds: ['other'] };
  const made = await request(on.stage.serverUrl, 'POST', '/api/enrolment-codes', enrol, login.cookie);
  const { ticket } = createdEnrolment.parse(made.body);

  const { connect, id } = await on.request('demo-mfp');
  connect.child.kill('SIGSTOP');
  await on.press(`/approvals/${id}`, { decision: 'approved' });
  await on.step('S180', id);
  const answer = sessionConnection.parse(await on.get(`/api/sessions/${id}/connection`));
  if (answer.status !== 'ready') throw new Error(answer.status);
  connect.child.kill('SIGCONT');
  const { url } = await event(connect, 'listening');
  await (await fetch(String(url))).text();
  const duringSession = contents(on.folder); // while everything is in use
  connect.child.kill('SIGINT');
  await connect.exited;
  await on.ended(id);

  const read = (name: string) => JSON.parse(readFileSync(join(on.folder, name), 'utf8')) as Record<string, string>;
  const secrets = {
    'administrator password': admin.password,
    'technician password': technician.password,
    'enrolment code': ticket.split('.')[0]!,
    'session ID': answer.connection.sessionId,
    token: answer.connection.token,
    'API token': read('terminal-credentials.json').token!,
    'agent password': read('agent-credentials.json').password!,
    cookie: decodeURIComponent(login.cookie!.split('=')[1]!),
  };
  expect(Object.values(secrets).every((secret) => secret.length >= 15)).toBe(true);

  const logs = on.lines.map((line) => JSON.stringify(line)).join('\n');
  expect(on.lines.length).toBeGreaterThan(100);
  for (const [what, secret] of Object.entries(secrets)) {
    expect({ what, inLog: logs.includes(secret) }).toEqual({ what, inLog: false });
    const holders = [...duringSession, ...contents(on.folder)].filter(([, bytes]) => bytes.includes(secret));
    const open = holders.map(([path]) => path).filter((path) => !KEEPERS.test(path));
    expect({ what, open }).toEqual({ what, open: [] });
  }
  // nothing in a log even looks like one: not the device's session ID and token either, which only the agent knows
  const pin = ticket.split('.')[1]!;
  expect([...new Set(logs.match(SECRET_SHAPE))].filter((text) => text !== pin)).toEqual([]);

  const documented = new Set([...Object.keys(COMMON_FIELDS), ...Object.keys(LOG_FIELDS), 'at']); // `at` is of the stage
  expect([...new Set(on.lines.flatMap((line) => Object.keys(line)))].filter((name) => !documented.has(name))).toEqual(
    [],
  );

  const readable = filesBelow(on.folder).filter((path) => KEEPERS.test(path) && (statSync(path).mode & 0o077) !== 0);
  expect(readable).toEqual([]);
});

/** A temporary file, or the journal of a transaction, may be gone before it is read. */
const contents = (folder: string): [string, Buffer][] =>
  filesBelow(folder).flatMap((path): [string, Buffer][] => {
    try {
      return [[path, readFileSync(path)]];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  });
