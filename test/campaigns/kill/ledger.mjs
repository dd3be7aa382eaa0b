// What holds after a kill campaign, read from the databases of the server and the relay, the memory of the devices, and what
// the persons at the devices pressed.
import { Buffer } from 'node:buffer';
import { createPublicKey, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sqlite3 from 'sqlite3';
import { built } from '../campaign.mjs';

const { recordMessage } = built('src/protocol/approval-record');

/** Prefix of an Ed25519 key as SubjectPublicKeyInfo (RFC 8410 4). */
const ED25519 = Buffer.from('302a300506032b6570032100', 'hex');
const HALVES = ['device', 'terminal'];
const FINAL = ['deployed', 'rolled-back', 'aborted'];
/** Failures of jobs that say that the device may have done it or not. */
const UNKNOWN = ['interrupted', 'agent-silent'];

async function read(file, queries) {
  const database = new sqlite3.Database(file, sqlite3.OPEN_READONLY);
  const all = promisify(database.all.bind(database));
  try {
    const tables = {};
    for (const [name, sql] of Object.entries(queries)) tables[name] = await all(sql);
    return tables;
  } finally {
    database.close();
  }
}

/** @returns `{ sessions, halfLogs, jobs, deployments, links, relayLogs, pages }` */
export async function readRecords(stage) {
  const server = await read(join(stage.env.PLATEN_DATA, 'platen.sqlite'), {
    sessions: 'SELECT * FROM remote_sessions ORDER BY "requestedAt"',
    halfLogs: 'SELECT * FROM half_logs',
    jobs: 'SELECT * FROM maintenance_jobs',
    deployments: 'SELECT * FROM deployments',
  });
  const relay = await read(join(stage.env.PLATEN_DATA, 'relay/session-log.sqlite'), {
    links: 'SELECT link_id AS id, remote_session_id AS sessionId FROM link',
    relayLogs: 'SELECT id, link_id AS linkId, half, kind, acknowledged FROM half_log',
  });
  /** Pages by job of the server: a test page names it. */
  const pages = new Map();
  for (const { deviceId } of stage.agents) {
    const { jobs } = JSON.parse(await readFile(join(stage.deviceFolder(deviceId), 'mfp.json'), 'utf8'));
    for (const { title, printed } of jobs) {
      const jobId = title.replace(/^Platen test page /, '');
      pages.set(jobId, (pages.get(jobId) ?? 0) + printed);
    }
  }
  return { ...server, ...relay, pages };
}

const by = (rows, key) => {
  const groups = new Map();
  for (const row of rows) groups.set(row[key], [...(groups.get(row[key]) ?? []), row]);
  return groups;
};

/**
 * @param records see readRecords
 * @param work what was done: IDs of sessions, jobs and deployments, and the answers of the persons
 * @returns rows `{ what, checked, wrong }`; `wrong` names what is not as it must be
 */
export function ledger(records, work) {
  const { sessions, halfLogs, jobs, deployments, links, relayLogs, pages } = records;
  const logsOf = by(halfLogs, 'sessionId');
  const known = { sessions: by(sessions, 'id'), jobs: by(jobs, 'id'), deployments: by(deployments, 'id') };
  const ends = (session, half) =>
    (logsOf.get(session.id) ?? []).filter((log) => log.half === half && log.kind === 'end');
  const linked = sessions.filter(({ linkId }) => linkId !== null);
  const answers = new Map(work.persons.flatMap((person) => [...person.answers]));
  const rows = [];
  const row = (what, list, wrong) =>
    rows.push({ what, checked: list.length, wrong: list.flatMap((each) => wrong(each) ?? []) });

  row('sessions that a terminal was given exist and have ended', work.sessions, (id) => {
    const [session] = known.sessions.get(id) ?? [];
    return session?.state === 'ended' ? undefined : `${id} is ${session?.state ?? 'unknown'}`;
  });
  row('sessions have ended with a reason', sessions, ({ id, state, ending, openPair }) =>
    state === 'ended' && ending && openPair === null ? undefined : `${id} is ${state}, ${ending}`,
  );
  row(
    'halves of sessions with exactly one end log',
    linked.flatMap((session) => HALVES.map((half) => [session, half])),
    ([session, half]) => {
      const count = ends(session, half).length;
      return count === 1 ? undefined : `${session.id}: ${count} end logs of the ${half} half`;
    },
  );
  row(
    'sessions without a link have no logs',
    sessions.filter(({ linkId }) => linkId === null),
    ({ id }) => (logsOf.has(id) ? `${id} has logs` : undefined),
  );
  const relayEnds = by(
    relayLogs.filter(({ kind }) => kind === 'end'),
    'linkId',
  );
  row('links of the relay with one acknowledged end log of each half', links, ({ id, sessionId }) => {
    const logs = relayEnds.get(id) ?? [];
    const fine = HALVES.every((half) => logs.filter((log) => log.half === half && log.acknowledged).length === 1);
    return fine && logs.length === 2 ? undefined : `${sessionId}: ${JSON.stringify(logs)}`;
  });
  const ofRelay = new Set(relayLogs.map(({ id }) => id));
  row(
    'end logs that the relay wrote, not the server',
    halfLogs.filter(({ kind }) => kind === 'end'),
    ({ id, sessionId, half, reason }) =>
      ofRelay.has(id) ? undefined : `${sessionId}: the ${half} half ended as ${reason}`,
  );
  row(
    'sessions requested after both halves of the former were logged (E15)',
    [...by(sessions, 'userId').values()].flatMap((own) =>
      [...by(own, 'deviceId').values()].flatMap((ofPair) =>
        ofPair.slice(1).map((next, index) => [ofPair[index], next]),
      ),
    ),
    ([former, next]) => {
      const logged = HALVES.flatMap((half) => ends(former, half).map(({ keptAt }) => keptAt));
      const last = Math.max(former.endedAt ?? Infinity, ...logged);
      return last <= next.requestedAt ? undefined : `${next.id} was requested before ${former.id} had ended`;
    },
  );
  row(
    'approved sessions that the person at the device approved',
    sessions.filter(({ approvedAt }) => approvedAt !== null),
    ({ id }) => {
      const answer = answers.get(id);
      return answer?.decision === 'approved' && answer.tried
        ? undefined
        : `${id}: ${answer?.decision ?? 'never asked'}`;
    },
  );
  row(
    'sessions that carried bytes and were approved',
    sessions.filter(({ bytesFromDevice }) => bytesFromDevice > 0),
    ({ id, approvedAt }) => (approvedAt ? undefined : id),
  );
  row(
    'NO pressed, and not approved',
    [...answers].filter(([, { decision, accepted }]) => decision === 'declined' && accepted),
    ([id]) => {
      const [session] = known.sessions.get(id) ?? [];
      return session && session.approvedAt === null ? undefined : `${id} was approved`;
    },
  );
  row(
    'approval records with a valid signature and the answer given',
    sessions.filter(({ approvalRecord }) => approvalRecord),
    (session) => {
      const { text, signature, key } = JSON.parse(session.approvalRecord);
      const record = JSON.parse(text);
      const spki = Buffer.concat([ED25519, Buffer.from(key, 'base64url')]);
      const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
      const valid = verify(null, Buffer.from(recordMessage(text)), publicKey, Buffer.from(signature, 'base64url'));
      const same = record.remoteSessionId === session.id && record.decision === answers.get(session.id)?.decision;
      return valid && same && (record.decision === 'approved') === (session.approvedAt !== null)
        ? undefined
        : `${session.id}: ${valid ? text : 'the signature is not valid'}`;
    },
  );
  row('accepted jobs exist and are over', work.jobs, (id) => {
    const [job] = known.jobs.get(id) ?? [];
    return job && job.endedAt !== null ? undefined : `${id} is ${job?.state ?? 'unknown'}`;
  });
  row('jobs are over', jobs, ({ id, state, endedAt }) => (endedAt === null ? `${id} is ${state}` : undefined));
  row(
    'test pages: one for each that succeeded, none for others',
    jobs.filter(({ operation }) => operation === 'test-page'),
    ({ id, state, failure }) => {
      const printed = pages.get(id) ?? 0;
      const most = state === 'succeeded' || UNKNOWN.includes(failure) ? 1 : 0;
      const least = state === 'succeeded' ? 1 : 0;
      return printed >= least && printed <= most ? undefined : `${id} ${state} (${failure}): ${printed} pages`;
    },
  );
  row(
    'pages that a job of the server asked for',
    [...pages].filter(([, printed]) => printed > 0),
    ([id]) => (known.jobs.has(id) || !/^[0-9a-f-]{36}$/.test(id) ? undefined : `${id} is unknown`),
  );
  row('accepted deployments exist', work.deployments, (id) =>
    known.deployments.has(id) ? undefined : `${id} is unknown`,
  );
  row('deployments are over, and none failed', deployments, ({ id, state, reason, detail }) =>
    FINAL.includes(state) ? undefined : `${id} is ${state} (${reason}: ${detail})`,
  );
  return rows;
}
