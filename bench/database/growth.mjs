// How the server's database grows, and how it is pruned. Uses the compiled repositories on a SQLite file of its own.
//   node bench/database/growth.mjs [--agents 1000] [--flaps 60] [--sessions 5000]
// First the bytes that one event of each kind adds, then an hour of agents that lose their connection each minute
// (compressed in time), then the deletion of old sessions while others use the database.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    agents: { type: 'string', default: '1000' },
    flaps: { type: 'string', default: '60' },
    sessions: { type: 'string', default: '5000' },
  },
});
const [AGENTS, FLAPS, SESSIONS] = [options.agents, options.flaps, options.sessions].map(Number);
const EVENTS = 400;
const AT_ONCE = 200;
const STEPS = 45;
const DAY_MS = 86_400_000;

const require = createRequire(import.meta.url);
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const load = (file) => Object.assign({}, require(join(dist, file)));
const { dataSourceOptions } = load('ormconfig.js');
const { readConfig } = load('src/server/config/config.js');
const { openDatabase } = load('src/server/database/open-database.js');
const { BatchedWrites } = load('src/server/database/batched-writes.js');
const { AgentEntity } = load('src/server/devices/agents/agent.entity.js');
const { EnrolmentCodeEntity } = load('src/server/devices/agents/enrolment-code.entity.js');
const { AgentsRepository } = load('src/server/devices/agents/agents.repository.js');
const { DeviceEntity } = load('src/server/devices/device.entity.js');
const { DevicesRepository } = load('src/server/devices/devices.repository.js');
const { DeviceInformationEntity } = load('src/server/devices/information/device-information.entity.js');
const { DeviceInformationRepository } = load('src/server/devices/information/device-information.repository.js');
const { DenialEntity } = load('src/server/devices/conditions/denial.entity.js');
const { ReportedConditionsEntity } = load('src/server/devices/conditions/reported-conditions.entity.js');
const { ConditionsRepository } = load('src/server/devices/conditions/conditions.repository.js');
const { AuditEventEntity } = load('src/server/auth/audit/audit-event.entity.js');
const { AuditRepository } = load('src/server/auth/audit/audit.repository.js');
const { AuditService } = load('src/server/auth/audit/audit.service.js');
const { JobEntity } = load('src/server/maintenance/job.entity.js');
const { JobsRepository } = load('src/server/maintenance/jobs.repository.js');
const { NoticeEntity } = load('src/server/notices/notice.entity.js');
const { NoticesRepository } = load('src/server/notices/notices.repository.js');
const { HalfLogEntity } = load('src/server/sessions/half-log.entity.js');
const { SessionStepEntity } = load('src/server/sessions/session-step.entity.js');
const { SessionEntity } = load('src/server/sessions/session.entity.js');
const { SessionsRepository } = load('src/server/sessions/sessions.repository.js');
const { Metrics } = load('src/server/http/metrics.js');
const { RetentionRepository } = load('src/server/retention/retention.repository.js');
const { RetentionService } = load('src/server/retention/retention.service.js');

const folder = mkdtempSync(join(tmpdir(), 'platen-growth-'));
const config = readConfig({ PLATEN_DATA: folder });
const database = await openDatabase(dataSourceOptions(config), { encryptionKey: randomBytes(32) });
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
await database.query('PRAGMA synchronous = OFF'); // bytes are counted, not the disk

const rows = (entity) => database.getRepository(entity);
const writes = new BatchedWrites(database);
const agents = new AgentsRepository(rows(AgentEntity), rows(EnrolmentCodeEntity), writes);
const devices = new DevicesRepository(rows(DeviceEntity), writes);
const information = new DeviceInformationRepository(rows(DeviceInformationEntity), writes);
const conditions = new ConditionsRepository(rows(ReportedConditionsEntity), rows(DenialEntity), writes);
const audit = new AuditService(new AuditRepository(rows(AuditEventEntity)));
const sessions = new SessionsRepository(rows(SessionEntity), rows(HalfLogEntity), rows(SessionStepEntity));
const jobs = new JobsRepository(rows(JobEntity));
const notices = new NoticesRepository(rows(NoticeEntity));

const bytes = async () => Number((await database.query('SELECT sum(pgsize - unused) AS bytes FROM dbstat'))[0].bytes);
const fileBytes = async () => {
  const [{ page_count: pages }] = await database.query('PRAGMA page_count');
  return pages * 4096;
};
const megabytes = (count) => `${(count / 1024 / 1024).toFixed(1)} MB`;
const inChunks = async (count, run) => {
  for (let at = 0; at < count; at += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, n) => run(at + n)));
};

const key = {
  salt: randomBytes(16).toString('base64'),
  iterations: 10_000,
  storedKey: 'k'.repeat(44),
  serverKey: 's'.repeat(44),
};
const deviceOf = (agentId, at) => ({
  ...{
    id: `${agentId}-mfp`,
    agentId,
    name: 'Copy room',
    kind: 'mfp',
    model: 'Example 3050ci',
    serialNumber: 'X1234567',
  },
  ...{
    location: 'Second floor',
    applications: [{ id: 'web', title: 'Web pages' }],
    operations: ['counters'],
    announcedAt: at,
    announcedText: `copy room ${agentId}-mfp example 3050ci x1234567 second floor`,
  },
});
const presence = (at, announcementHash = 'h'.repeat(43)) => ({
  version: '1.0.0',
  lastSeenAt: at,
  asleepSince: null,
  wake: null,
  announcementHash,
});
const supplies = ['black', 'cyan', 'magenta', 'yellow'].map((name) => ({
  name,
  type: 'toner',
  colour: name,
  level: 50,
}));
const answered = { reached: true, problem: null, state: 'idle', counters: {}, serialNumber: 'X1234567' };
const informationNow = (at) => ({
  information: { ...answered, model: 'Example 3050ci', firmwareVersion: '2.15', supplies, alerts: [] },
  acquiredAt: at,
});
const asker = { askerKind: 'user', userId: randomUUID(), username: 'tom', displayName: 'Tom Technician' };
const about = (n) => ({
  deviceId: `agent-${n % AGENTS}-mfp`,
  deviceName: 'Copy room',
  agentId: `agent-${n % AGENTS}`,
  siteId: null,
  apiTokenId: null,
});
const record = { text: 'r'.repeat(500), signature: 's'.repeat(86), key: 'k'.repeat(43) };

async function session(n, at, isEstablished) {
  const id = randomUUID();
  await sessions.insert({
    ...{ id, ...asker, ...about(n), applicationId: 'web', reason: 'Paper jams in tray 2', minutes: 60, grant: null },
    ...{ openPair: id, state: 'requested', requestedAt: at, detail: '', bytesFromDevice: 0, bytesFromTerminal: 0 },
  });
  const steps = Array.from({ length: isEstablished ? STEPS : 4 }, (_, step) => ({
    sessionId: id,
    step: `S${step + 141}`,
    detail: '',
    at,
  }));
  await sessions.addSteps(steps);
  const log = {
    sessionId: id,
    at,
    keptAt: at,
    reason: null,
    peerAddress: '192.0.2.10',
    bytesReceived: 1,
    bytesSent: 1,
  };
  if (isEstablished)
    for (const half of ['device', 'terminal'])
      for (const kind of ['start', 'end']) await sessions.storeLog({ ...log, id: randomUUID(), half, kind });
  const link = {
    linkId: randomUUID(),
    relayId: 'local',
    deviceTokenHash: 'd'.repeat(43),
    terminalTokenHash: 't'.repeat(43),
  };
  const ended = {
    state: 'ended',
    openPair: null,
    endedAt: at,
    ending: isEstablished ? 'ended-by-terminal' : 'declined',
  };
  await sessions.change(id, 'requested', {
    ...ended,
    approvalRecord: record,
    ...(isEstablished && { ...link, validUntil: at }),
  });
}
async function job(n, at) {
  const id = randomUUID();
  await jobs.insert({
    ...{
      id,
      ...asker,
      ...about(n),
      operation: 'counters',
      firmwareId: null,
      firmwareToken: null,
      waiting: null,
      activity: '',
    },
    ...{ state: 'requested', detail: '', result: [], requestedAt: at, expiresAt: at },
  });
  const result = Array.from({ length: 8 }, (_, line) => ({ name: `counter ${line}`, value: '123456' }));
  await jobs.change(id, 'requested', { state: 'succeeded', result, endedAt: at });
}

const now = new Date();
await inChunks(AGENTS, async (n) => {
  const id = `agent-${n}`;
  await rows(AgentEntity).insert({ id, scramSha1: key, scramSha256: key, createdAt: now, siteId: null });
  await devices.replace(id, [deviceOf(id, now)], presence(now));
  await information.store({ id: `${id}-mfp`, agentId: id }, informationNow(now));
});

const kinds = {
  'announcement, unchanged': (n) =>
    devices.replace(`agent-${n % AGENTS}`, [deviceOf(`agent-${n % AGENTS}`, now)], presence(now)),
  'announcement, changed': (n) =>
    devices.replace(
      `agent-${n % AGENTS}`,
      [deviceOf(`agent-${n % AGENTS}`, now)],
      presence(now, randomBytes(32).toString('base64url')),
    ),
  'agent seen': (n) => agents.seen(`agent-${n % AGENTS}`, now),
  'device information': (n) =>
    information.store({ id: `agent-${n % AGENTS}-mfp`, agentId: `agent-${n % AGENTS}` }, informationNow(now)),
  denial: (n) =>
    conditions.add({ id: `agent-${n % AGENTS}-mfp`, agentId: `agent-${n % AGENTS}` }, [
      { what: `session ${randomUUID()}`, who: 'Tom Technician', reason: 'hours', at: now.toISOString(), count: 1 },
    ]),
  'refused installation (audit trail)': (n) =>
    audit.record(undefined, 'agent.installation-refused', `agent-${n % AGENTS}`, 'another installation 192.0.2.10'),
  notice: (n) =>
    notices.add([
      {
        ...{
          id: randomUUID(),
          recipientId: asker.userId,
          kind: 'session-halted',
          remoteSessionId: randomUUID(),
          agentId: null,
          at: now,
        },
        ...{
          ...about(n),
          applicationId: 'web',
          userName: 'Tom',
          readAt: null,
          mail: 'sent',
          attempts: 1,
          messageId: `<${randomUUID()}@platen.example>`,
        },
      },
    ]),
  'session, declined': (n) => session(n, now, false),
  'session, established': (n) => session(n, now, true),
  job: (n) => job(n, now),
};
console.log(`\nBytes of one event, tables and indexes (${EVENTS} of each)\n`);
for (const [kind, run] of Object.entries(kinds)) {
  const before = await bytes();
  await inChunks(EVENTS, run);
  console.log(`  ${kind.padEnd(36)} ${String(Math.round(((await bytes()) - before) / EVENTS)).padStart(7)}`);
}

console.log(`\nOne hour: ${AGENTS} agents return each minute (${AGENTS * FLAPS} returns)\n`);
const before = [await bytes(), await fileBytes()];
const flappingSince = performance.now();
for (let minute = 0; minute < FLAPS; minute += 1) {
  const at = new Date(now.getTime() + minute * 60_000);
  await inChunks(AGENTS, async (n) => {
    const id = `agent-${n}`;
    await devices.replace(id, [deviceOf(id, at)], presence(at));
    await information.store({ id: `${id}-mfp`, agentId: id }, informationNow(at));
    await agents.seen(id, at);
  });
}
const seconds = (performance.now() - flappingSince) / 1000;
console.log(
  `  in use before ${megabytes(before[0])}, after ${megabytes(await bytes())}; file ${megabytes(before[1])}, ${megabytes(await fileBytes())}`,
);
console.log(`  ${Math.round((AGENTS * FLAPS) / seconds)} returns a second`);

console.log(`\nDeletion of ${SESSIONS} sessions of two years ago\n`);
const old = new Date(now.getTime() - 730 * DAY_MS);
await inChunks(SESSIONS, (n) => session(n, old, true));
const full = await fileBytes();
const transactions = [];
const repository = new RetentionRepository(database);
const deleteDue = repository.deleteDue.bind(repository);
repository.deleteDue = async (...due) => {
  const began = performance.now();
  return deleteDue(...due).finally(() => transactions.push(performance.now() - began));
};
const journal = { info: () => undefined, unexpected: (error) => console.error(error) };
const readings = { thin: async () => ({ deleted: 0, isMore: false }) };
const retention = new RetentionService(repository, readings, audit, journal, config, new Metrics());
const loop = monitorEventLoopDelay({ resolution: 5 });
loop.enable();
const waits = [];
let isRunning = true;
const others = (async () => {
  while (isRunning) {
    const began = performance.now();
    await agents.seen('agent-1', new Date());
    waits.push(performance.now() - began);
    await delay(10);
  }
})();
const began = performance.now();
await retention.run();
isRunning = false;
await others;
loop.disable();
const of = (list, part) =>
  list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))].toFixed(1);
console.log(
  `  ${((performance.now() - began) / 1000).toFixed(1)} s; file before ${megabytes(full)}, after ${megabytes(await fileBytes())}`,
);
console.log(`  a transaction: ${of(transactions, 0.5)} ms (median), ${of(transactions, 1)} ms (longest)`);
console.log(
  `  a write of others meanwhile: ${of(waits, 0.5)} ms (median), ${of(waits, 0.99)} ms (99 %), ${of(waits, 1)} ms (longest)`,
);
console.log(
  `  event loop: ${(loop.percentile(99) / 1e6).toFixed(1)} ms (99 %), ${(loop.max / 1e6).toFixed(1)} ms (longest)`,
);

const vacuumed = performance.now();
const size = await fileBytes();
await database.query('VACUUM');
console.log(`\nVACUUM of ${megabytes(size)}: ${((performance.now() - vacuumed) / 1000).toFixed(2)} s\n`);
await database.destroy();
