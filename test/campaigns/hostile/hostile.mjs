// Hostile campaign: HTTP, control channel, relay and server of attackers, while honest users work. On loopback.
//   npm run campaign:hostile -- [--seconds 60] [--seed 1] [--log file]
// Exit code 1: a program ended or answered wrongly, data of another customer was shown, or honest users were not served.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { built, Dice, newSeed, printTable, ROOT, seededRandom, within } from '../campaign.mjs';
import { NO_DICE, Person, playSession } from '../people.mjs';
import { PRIVATE, Stage } from '../stage.mjs';
import { attack as attackChannel } from './channel.mjs';
import { attack as attackHttp } from './http.mjs';
import { attack as attackRelay } from './relay.mjs';
import { HostileServer } from './server.mjs';

const { credentialsFileFor } = built('src/agent/enrolment/credentials');

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: newSeed() },
    log: { type: 'string' },
  },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
/** Growth of a program that is a leak and no cache. */
const GROWTH_MB = 300;
const ANSWER_MS = 120_000;
/** Between two rounds of the honest users. */
const HONEST_MS = 1_000;

const folder = mkdtempSync(join(tmpdir(), 'platen-hostile-'));
const stage = new Stage(folder, { agents: 2, logFile: values.log });
process.on('exit', () => {
  stage.killAll();
  rmSync(folder, { recursive: true, force: true });
});
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
const tooLate = setTimeout(
  () => {
    console.error('hostile: the campaign took too long');
    process.exit(1);
  },
  4 * seconds * 1000 + 15 * 60_000,
);

console.log(
  `${seconds} s for each attack, seed ${seed}, Node ${process.versions.node}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}`,
);
const turnsFile = join(folder, 'turns');
await stage.set(
  { PLATEN_TRUST_PROXY: 'yes' },
  {
    PLATEN_CAMPAIGN_TURNS: turnsFile,
    NODE_OPTIONS: `--require ${join(ROOT, 'test/campaigns/hostile/loop-turns.cjs')}`,
  },
);

// ---- the honest
const persons = stage.agents.map((agent) => new Person(agent, NO_DICE));
const [tina, tom] = stage.technicians;
const bearer = ({ token }) => ({ authorization: `Bearer ${token}` });
const honest = { lists: 0, sessions: 0, wrong: [] };
let isOver = false;

const devices = () =>
  fetch(`${stage.url}/api/devices`, { headers: bearer(tom), signal: AbortSignal.timeout(ANSWER_MS) })
    .then(async (response) => `${response.status} ${await response.text()}`)
    .catch((error) => error.cause?.code ?? error.name);
async function listsDevices() {
  while (!isOver) {
    let answer = await devices();
    // as every client does: the server may have closed the idle connection that the request was sent on (RFC 9110 9.2.2)
    if (/^(ECONNRESET|UND_ERR_SOCKET)$/.test(answer)) answer = await devices();
    const isServed = answer.startsWith('200') && answer.includes(PRIVATE);
    if (!isServed) honest.wrong.push(`devices: ${answer.slice(0, 200)}`);
    honest.lists += 1;
    await delay(HONEST_MS);
  }
}
async function hasSessions() {
  while (!isOver) {
    let outcome;
    // on a busy machine a connection may be too slow once
    for (let tries = 0; tries < 3 && outcome !== 'ok'; tries += 1)
      outcome = await playSession(stage, tina, persons[0], NO_DICE);
    if (outcome !== 'ok') honest.wrong.push(`a session ended as ${outcome}`);
    honest.sessions += 1;
    await delay(HONEST_MS);
  }
}
/** A session that is approved, as far as its connection information. */
async function approvedSession(technician = tina, { deviceId } = stage.agents[1]) {
  const body = { deviceId, applicationId: 'web', reason: `${PRIVATE} reason`, minutes: 60 };
  const { id } = await stage.ask(technician, 'POST', 'sessions', body);
  const ready = async () => {
    const answer = await stage.ask(technician, 'GET', `sessions/${id}/connection`);
    if (answer.status === 'over') throw new Error(`an honest session ended as ${answer.ending}`);
    return answer.status === 'ready' && answer.connection;
  };
  const connection = await within(ANSWER_MS, ready);
  const end = async () => {
    await stage.ask(technician, 'POST', `sessions/${id}/termination`, {});
    const ended = async () => (await stage.ask(technician, 'GET', `sessions/${id}`)).state === 'ended';
    if (!(await within(ANSWER_MS, ended))) throw new Error(`session ${id} did not end`);
  };
  return { id, connection, end };
}

// ---- the attackers, of another customer
const others = [];
for (const username of ['mallory', 'malvin', 'mona']) others.push(await stage.addUser(username, 'technician'));
const unassigned = [await stage.addUser('nora', 'technician')];
const administrators = [];
for (const username of ['ada', 'alan']) administrators.push(await stage.addUser(username, 'admin'));
const [, siteId] = await stage.addCustomer(
  'Others',
  others.map(({ id }) => id),
);
const account = await enrolModifiedAgent();
const client = await stage.ask(stage.admin, 'POST', 'clients', {
  name: 'Others',
  scopes: ['devices:read', 'information:read', 'jobs:read', 'jobs:write', 'sessions:read', 'sessions:write'],
  limits: { sites: [siteId] },
});
const callers = {
  anonymous: [{}, { authorization: 'Bearer x' }, { cookie: 'platen=s%3Ax.y' }, { authorization: 'Basic eDp5' }],
  other: others.map(bearer),
  unassigned: unassigned.map(bearer),
  client: [bearer({ token: await tokenOf(client) })],
  admin: administrators.map(bearer),
};

async function enrolModifiedAgent() {
  const file = join(folder, 'modified', 'agent.json');
  const devices = [
    { id: 'mfp-x', name: 'X', kind: 'mfp', applications: [{ id: 'web', title: 'Web', target: 'tcp://127.0.0.1:9' }] },
  ];
  await mkdir(join(folder, 'modified'));
  await writeFile(file, JSON.stringify({ devices }));
  await stage.enrol('modified', file, siteId);
  const { agentId, password } = JSON.parse(await readFile(credentialsFileFor(file), 'utf8'));
  return { agentId, password };
}
async function tokenOf({ id, secret }) {
  const form = new globalThis.URLSearchParams({
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: secret,
  });
  const answer = await fetch(`${stage.url}/oauth/token`, { method: 'POST', body: form });
  return (await answer.json()).access_token;
}

const hostileServer = new HostileServer();
await hostileServer.start(stage);
const probe = await approvedSession();
await probe.end();
const job = await stage.ask(tina, 'POST', `devices/${stage.agents[1].deviceId}/jobs`, {
  operation: 'counters',
  waitMinutes: 1,
});
/** What the other customer has, by the path that it is asked with. */
const ids = (path) =>
  Object.entries({
    '/devices': stage.agents.map(({ deviceId }) => deviceId),
    '/sessions': [probe.id],
    '/jobs': [job.id],
    '/agents': stage.agents.map(({ id }) => id),
    '/agent/firmware': [job.id],
    '/customers': [stage.customerId],
    '/sites': [stage.siteId],
  }).find(([prefix]) => path.includes(prefix))?.[1] ?? [probe.id];
const vectors = JSON.parse(readFileSync(join(ROOT, 'test/vectors/control-channel.json'), 'utf8'));

// ---- the campaign
const watched = () => ({
  server: stage.victims('server'),
  ...Object.fromEntries(['keeper', 'master', 'pair'].map((kind) => [kind, stage.victims(kind)])),
  ...Object.fromEntries([['attacked agent', [hostileServer.service.pid]]]),
});
const memoryMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
const work = Promise.all([listsDevices(), hasSessions()]);
await within(ANSWER_MS, () => honest.sessions > 0); // all programs have loaded what they need
const before = Object.entries(watched()).flatMap(([name, pids]) =>
  pids.map((pid) => ({ name, pid, mb: memoryMb(pid) })),
);

const ATTACKS = {
  HTTP: (own) => attackHttp({ ...own, callers }),
  'control channel': (own) => attackChannel({ ...own, account, vectors: Object.values(vectors) }),
  relay: async (own) => attackRelay({ ...own, approvedSession, carried: await approvedSession(tom, stage.agents[0]) }),
  'hostile server': (own) => hostileServer.attack({ ...own, vectors }),
};
const results = [];
for (const [name, attack] of Object.entries(ATTACKS)) {
  const [begun, counts, wrong] = [Date.now(), new Map(), []];
  const count = (what) => void counts.set(what, (counts.get(what) ?? 0) + 1);
  const dice = new Dice(seededRandom(seed + results.length));
  const own = {
    stage,
    dice,
    ids,
    count,
    wrong: (line) => void wrong.push(line),
    secretIn: (text) => text.includes(PRIVATE),
  };
  const until = () => Date.now() - begun > seconds * 1000;
  await attack({ ...own, until }).catch((error) => wrong.push(`the attack failed: ${error.stack}`));
  results.push({ name, begun, ended: Date.now(), counts, wrong });
}
isOver = true;
await work;

// ---- what holds afterwards
/** An agent with a good credential gets in whatever others have tried. */
async function returns(service) {
  const since = Date.now();
  stage.kill(service.pid);
  const isBack = () =>
    stage.lines.some(({ at, msg, agentId }) => at > since && msg === 'devices announced' && agentId === service.name);
  return (await within(ANSWER_MS, isBack)) ? [] : [`${service.name} did not return`];
}
const returned = await returns(stage.services.find(({ name }) => name === stage.agents[0].id));
const grown = before.flatMap(({ name, pid, mb }) => {
  const now = isThere(pid) ? memoryMb(pid) : undefined;
  if (now === undefined) return [`${name} ${pid} has ended`];
  return now - mb > GROWTH_MB ? [`${name} grew from ${mb.toFixed(0)} to ${now.toFixed(0)} MB`] : [];
});
function isThere(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
const memory = before.map(({ name, pid, mb }) => [
  name,
  `${mb.toFixed(0)} MB`,
  isThere(pid) ? `${memoryMb(pid).toFixed(0)} MB` : 'ended',
]);
for (const person of persons) await person.stop();
await stage.stop();
await hostileServer.stop();
clearTimeout(tooLate);

const turns = readTurns();
function readTurns() {
  try {
    return readFileSync(turnsFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  } catch {
    return []; // none was long
  }
}
const total = (counts) => [...counts.values()].reduce((sum, each) => sum + each, 0);
for (const { name, counts } of results)
  printTable([name, 'times'], [...counts].sort(([, one], [, other]) => other - one).slice(0, 24));
printTable(['program', 'before', 'after'], memory);
printTable(
  ['attack', 'attempts', 'turns of the server over 50 ms', 'longest'],
  results.map(({ name, begun, ended, counts }) => {
    const own = turns.filter(({ at }) => at > begun && at < ended).map(({ ms }) => ms);
    return [name, total(counts), own.length, own.length > 0 ? `${Math.max(...own).toFixed(0)} ms` : ''];
  }),
);
const rows = [
  ...results.map(({ name, counts, wrong }) => [
    `${name}: no 500, no data of others, nothing accepted`,
    total(counts),
    wrong,
  ]),
  ['honest: list of devices', honest.lists, honest.wrong.filter((line) => /^devices/.test(line))],
  ['honest: sessions', honest.sessions, honest.wrong.filter((line) => !/^devices/.test(line))],
  ['an agent that was killed returns', 1, returned],
  [`programs live, and grew by ${GROWTH_MB} MB at most`, before.length, grown],
  ['no unexpected errors and exits', stage.services.length, stage.faults],
];
printTable(
  ['checked', 'times', 'wrong'],
  rows.map(([what, times, wrong]) => [what, times, wrong.length]),
);
for (const [what, , wrong] of rows)
  for (const line of [...new Set(wrong)].slice(0, 20)) console.log(`wrong: ${what}: ${line}`);
console.log(`load at the end ${loadavg()[0].toFixed(1)}`);
process.exit(rows.every(([, , wrong]) => wrong.length === 0) ? 0 : 1);
