// Kill campaign: SIGKILL of random programs at random moments, while sessions, jobs and deployments run. On loopback.
//   npm run campaign:kill -- [--minutes 5] [--seed 1] [--agents 3] [--every 4] [--log file]
// Exit code 1: the ledger is not clean.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Dice, median, newSeed, printTable, seededRandom, within } from '../campaign.mjs';
import { ledger, readRecords } from './ledger.mjs';
import { Stage } from '../stage.mjs';
import { Work } from './work.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: newSeed() },
    agents: { type: 'string', default: '3' },
    every: { type: 'string', default: '4' },
    log: { type: 'string' },
  },
});
const [minutes, seed, agents, every] = ['minutes', 'seed', 'agents', 'every'].map((name) => Number(values[name]));
/** How often each is killed, of all; a deployment has more than one Master. */
const KINDS = { server: 3, keeper: 2, master: 3, pair: 3, agent: 5, terminal: 3 };
/** For what is open at the end: a held job may wait for two minutes, a lost half is presumed after five. */
const SETTLE_MS = 7 * 60_000;
const SETTINGS = { PLATEN_APPROVAL_SECONDS: '15', PLATEN_DEPLOY_PROVE_SECONDS: '2', PLATEN_HALF_END_SECONDS: '10' };

const folder = mkdtempSync(join(tmpdir(), 'platen-kill-'));
const stage = new Stage(folder, { agents, logFile: values.log });
process.on('exit', () => {
  stage.killAll();
  rmSync(folder, { recursive: true, force: true });
});
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
const tooLate = setTimeout(
  () => {
    console.error('kill: the campaign took too long');
    process.exit(1);
  },
  minutes * 60_000 + SETTLE_MS + 5 * 60_000,
);

/** Kills until the time is up. @returns `{ at, kind, name }` of each */
async function killAtRandom(dice) {
  const kills = [];
  const end = Date.now() + minutes * 60_000;
  for (;;) {
    const wait = dice.between(0.2, 1.8) * every * 1000;
    if (Date.now() + wait > end) {
      await delay(Math.max(0, end - Date.now()));
      return kills;
    }
    await delay(wait);
    const kind = dice.weighted(KINDS);
    const victims = stage.victims(kind);
    const pid = dice.of(victims);
    const name = pid && (stage.nameOf(pid) ?? kind);
    if (pid && stage.kill(pid)) kills.push({ at: Date.now(), kind, name });
  }
}

/**
 * When the program was back, in milliseconds after its kill; undefined: it, or the server, was killed again before, or a
 * deployment ended this one anyway.
 */
function backAfter({ at, kind, name }, kills) {
  const isBack = {
    server: (line) => line.msg === 'server listening',
    keeper: (line) => line.msg === 'relay connected',
    master: (line) => line.msg === 'relay connected',
    pair: (line) => line.msg === 'pair ready',
    agent: (line) => line.msg === 'devices announced' && line.agentId === name,
  }[kind];
  const back = stage.lines.find((line) => line.at > at && isBack(line));
  const isAgain = (kill) => kill.at > at && kill.at < back?.at && (kill.name === name || kill.kind === 'server');
  return back && !kills.some(isAgain) ? back.at - at : undefined;
}

/** Waits for the end of all that is open. @returns what is open still */
async function settled() {
  let open = [];
  await within(
    SETTLE_MS,
    async () => {
      open = await openNow().catch((error) => [error.message]);
      return open.length === 0;
    },
    1_000,
  );
  return open;
}
async function openNow() {
  const rows = async (path) => (await stage.ask(stage.admin, 'GET', path)).rows;
  const [sessions, jobs, deployments, relays] = [
    await rows('sessions?state=live'),
    await rows('jobs?state=open'),
    (await rows('deployments')).filter(({ finishedAt }) => finishedAt === null),
    await stage.ask(stage.admin, 'GET', 'relays'),
  ];
  const offline = (await rows('devices')).filter(({ online }) => !online);
  const printing = await stage.printing();
  return [
    ...printing.map((id) => `${id} is printing`),
    ...sessions.map(({ id, state }) => `session ${id} is ${state}`),
    ...jobs.map(({ id, state, hold }) => `job ${id} is ${state} (${hold})`),
    ...deployments.map(({ id, state }) => `deployment ${id} is ${state}`),
    ...offline.map(({ id }) => `${id} is offline`),
    ...(relays.some(({ connected, draining }) => connected && !draining) ? [] : ['no relay serves']),
  ];
}

/** A session with each device, from its request to its end, now that nothing is killed. @returns what failed */
async function worksAgain(work) {
  const failed = [];
  for (const person of work.persons) {
    const outcome = await work.oneSession(stage.technicians[0], person);
    if (outcome !== 'ok') failed.push(`${person.agent.deviceId}: ${outcome}`);
  }
  return failed;
}

console.log(
  `${minutes} minutes, ${agents} agents, a kill every ${every} s, seed ${seed}, Node ${process.versions.node}, ` +
    `${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}`,
);
await stage.set(SETTINGS);
const work = new Work(stage, seed);
const kills = await killAtRandom(new Dice(seededRandom(seed)));
await work.finish();
const open = await settled();
const broken = open.length > 0 ? [] : await worksAgain(work);
if (open.length === 0) await settled();
await work.stop();
await stage.stop();
const records = await readRecords(stage);
clearTimeout(tooLate);

const back = Object.keys(KINDS).map((kind) => {
  const ofKind = kills.filter((kill) => kill.kind === kind);
  const times =
    kind === 'terminal' ? [] : ofKind.map((kill) => backAfter(kill, kills)).filter((time) => time !== undefined);
  const seconds = (ms) => (ms === undefined ? '' : `${(ms / 1000).toFixed(1)} s`);
  return [
    kind,
    ofKind.length,
    times.length,
    seconds(median(times)),
    seconds(times.length ? Math.max(...times) : undefined),
  ];
});
printTable(['killed', 'times', 'seen back', 'median', 'worst'], back);
printTable(
  ['terminals ended as', 'times'],
  [...work.exits].sort(([, one], [, other]) => other - one),
);
const outcomes = (rows, of) =>
  Object.entries(rows.reduce((counts, each) => ({ ...counts, [of(each)]: (counts[of(each)] ?? 0) + 1 }), {}));
printTable(
  ['jobs', 'times'],
  outcomes(records.jobs, ({ state, failure }) => failure ?? state),
);
printTable(
  ['deployments', 'times'],
  outcomes(records.deployments, ({ state, reason }) => (reason ? `${state}: ${reason}` : state)),
);
const rows = [
  ...ledger(records, work),
  { what: 'open things have come to their end', checked: open.length, wrong: open },
  { what: 'sessions work with each device afterwards', checked: agents, wrong: broken },
  { what: 'programs without unexpected errors and exits', checked: stage.services.length, wrong: stage.faults },
];
printTable(
  ['ledger', 'checked', 'wrong'],
  rows.map(({ what, checked, wrong }) => [what, checked, wrong.length]),
);
for (const { what, wrong } of rows) for (const each of wrong) console.log(`wrong: ${what}: ${each}`);
console.log(`load at the end ${loadavg()[0].toFixed(1)}`);
process.exit(rows.every(({ wrong }) => wrong.length === 0) ? 0 : 1);
