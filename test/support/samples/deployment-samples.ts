import type { Page } from 'playwright-core';
import type { z } from 'zod';
import type { relay, sessionWithSteps, User } from '../../../src/protocol/api';
import type { Deployment, DeploymentSession, Release } from '../../../src/protocol/deployment';
import type { Notice, SessionNotice } from '../../../src/protocol/notice';
import { ProblemError } from '../../../src/protocol/problems';
import { sampleRelay } from './sample-relay';

const MINUTE_MS = 60_000;
const ago = (minutes: number): string => new Date(Date.now() - minutes * MINUTE_MS).toISOString();
const idOf = (n: number): string => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;

const session = (n: number, changed: Partial<DeploymentSession>): DeploymentSession => ({
  remoteSessionId: idOf(100 + n),
  deviceId: `mfp-${n}`,
  deviceName: 'Reception MFP',
  applicationId: 'web',
  userName: 'Tina Technician',
  since: ago(12 * n),
  bytesFromDevice: 1_240_000 * n,
  bytesFromTerminal: 38_000 * n,
  lastActiveAt: ago(n - 1),
  outcome: 'open',
  difference: null,
  ...changed,
});
const sessions = [
  session(1, {}),
  session(2, { deviceName: 'Warehouse label printer', applicationId: 'panel', userName: 'Kenji Sato' }),
  session(3, { deviceName: '営業部 複合機 3階', userName: '佐藤 健二' }),
];
const ended = sessions.map((each, index) => ({ ...each, outcome: index === 1 ? 'forced' : 'ended' }) as const);

const at = (n: number, changed: Partial<Deployment>): Deployment => ({
  id: idOf(n),
  relayId: 'local',
  state: 'deployed',
  when: 'ask',
  at: null,
  instructedBy: { id: idOf(1), displayName: 'Alex Admin' },
  from: { release: 'built-in', version: '0.1.0', pairs: 1 },
  to: { release: '0.2.0', version: '0.2.0', pairs: 1 },
  reason: null,
  detail: '',
  instructedAt: ago(n * 700),
  executedAt: ago(n * 700 - 1),
  finishedAt: ago(n * 700 - 4),
  durationSeconds: 40 * n,
  returnAfterSeconds: null,
  relayAnswer: 'complete',
  sessions: ended,
  output: '',
  canRollBack: false,
  ...changed,
});
const open = { executedAt: null, finishedAt: null, durationSeconds: null } as const;
const later = { release: '0.3.0', version: '0.3.0', pairs: 4 };

/** One deployment in each shape that its screen has. */
export const SAMPLE_DEPLOYMENTS = {
  listed: at(2, { ...open, state: 'listed', to: later, sessions, instructedAt: ago(2) }),
  draining: at(3, {
    state: 'draining',
    to: later,
    finishedAt: null,
    returnAfterSeconds: 24,
    sessions: sessions.map((each) => ({ ...each, outcome: 'asked' })),
  }),
  deployed: at(4, { canRollBack: true }),
  'rolled-back': at(5, {
    state: 'rolled-back',
    reason: 'crashed',
    detail: 'The relay exited with code 1 after 34 s.',
    output:
      'Error: Cannot find module ./session-log\n    at Module._resolveFilename (node:internal)\n    at main.js:12',
  }),
  aborted: at(6, { ...open, state: 'aborted', reason: 'aborted-by-administrator', sessions: [] }),
} satisfies Record<string, Deployment>;

const stored = (version: string, notes: string, serving = false): Release => ({
  name: version,
  version,
  protocol: 1,
  bytes: 1_830_000,
  sha256: 'a3f5c09e17d2'.padEnd(64, '4'),
  notes,
  createdAt: ago(9_000),
  storedAt: ago(8_000),
  serving,
});
const releases: Release[] = [
  { ...stored('0.1.0', ''), name: 'built-in', bytes: null, sha256: null, createdAt: null, storedAt: null },
  stored('0.2.0', 'Faster panels', true),
  stored('0.3.0', 'Less memory per session'),
];
/** The load that a relay has reported, the n-th time. */
const loadAt = (n: number) => ({
  ...{ at: ago((60 - n) / 12), sessions: 400 + n, limit: 3_000, pairs: 4, cpuShare: 0.63, residentBytes: 412_000_000 },
  bytesPerSecond: Math.round(9_000_000 * (1 + Math.sin(n / 5))),
});
const relays: z.infer<typeof relay>[] = [
  sampleRelay({ id: 'local', version: '0.2.0', pairs: 2, links: 3, sessions: 3, driver: 'local' }),
  sampleRelay({ id: 'osaka', version: '0.1.0', pairs: 1, draining: true, obstacle: 'deployment' }),
  sampleRelay({
    ...{ id: 'paris-1', pairs: 4, links: 451, sessions: 451, limit: 500, setLimit: 500 },
    ...{
      region: 'eu-west',
      ownRegion: 'eu-west',
      load: loadAt(59),
      points: Array.from({ length: 60 }, (_, n) => loadAt(n)),
    },
  }),
  sampleRelay({
    ...{ id: 'paris-2', links: 12, sessions: 12, region: 'eu-west', setRegion: 'eu-west', obstacle: 'drained' },
    drain: { since: ago(42), by: 'alex' },
  }),
  sampleRelay({
    ...{ id: 'sydney', connected: false, version: '', pairs: 0, region: 'ap-south', ownRegion: 'ap-south' },
    ...{ obstacle: 'not-connected', lastSeenAt: ago(300) },
  }),
];
const notice = (n: number, changed: Partial<SessionNotice> = {}): Notice => ({
  id: idOf(n),
  kind: 'session-halted',
  at: ago(3 * n),
  remoteSessionId: idOf(100 + n),
  deviceId: `mfp-${n}`,
  deviceName: 'Reception MFP',
  applicationId: 'web',
  userName: 'Tina Technician',
  readAt: null,
  mail: 'sent',
  ...changed,
});
const notices = [
  notice(1),
  notice(2, { kind: 'session-of-user-halted', deviceName: '営業部 複合機 3階', userName: '佐藤 健二' }),
  notice(3, { mail: 'given-up' }),
  notice(4, { mail: 'none' }),
  { id: idOf(5), kind: 'agent-refused', at: ago(15), readAt: null, mail: 'sent', agentId: 'osaka-hall' } as const,
];

const answer = (page: Page, path: RegExp, body: unknown): Promise<unknown> =>
  page.route(path, (route) => (route.request().method() === 'GET' ? route.fulfill({ json: body }) : route.abort()));

/** A server with a long history: what the screens of deployment ask for is answered instead of it. */
export async function withSampleDeployments(page: Page): Promise<void> {
  const all = Object.values(SAMPLE_DEPLOYMENTS);
  await answer(page, /\/api\/relays$/, relays);
  await answer(page, /\/api\/releases$/, releases);
  await answer(page, /\/api\/deployments\?/, { rows: all, next: null });
  for (const each of all) await answer(page, new RegExp(`/api/deployments/${each.id}$`), each);
}
/** A server that has to tell a lot. */
export async function withSampleNotices(page: Page): Promise<void> {
  await answer(page, /\/api\/notices\?/, { rows: notices, next: null });
}

/** A server that halts a session, or has halted it, and takes no new ones for the moment. @returns the session's ID */
export async function withSampleHalt(page: Page, state: 'halting' | 'ended'): Promise<string> {
  const { remoteSessionId, deviceName, applicationId } = sessions[0]!;
  const me = (await (await page.request.get(new URL('/api/auth/me', page.url()).href)).json()) as User;
  const half = { state: 'ended', startedAt: ago(12), endedAt: ago(1), endReason: 'requested' } as const;
  const halted: z.infer<typeof sessionWithSteps> = {
    id: remoteSessionId,
    user: { kind: 'user', id: me.id, username: me.username, displayName: me.displayName },
    deviceId: 'demo-mfp',
    deviceName,
    applicationId: applicationId!,
    bytesEstimated: false,
    relay: null,
    reason: 'Paper jams in tray 2',
    minutes: 60,
    state,
    ending: 'halted-by-deployment',
    denial: null,
    grant: 'operate',
    detail: '',
    requestedAt: ago(13),
    answerBefore: null,
    approvedAt: ago(12),
    establishedAt: ago(12),
    endedAt: ago(1),
    validUntil: ago(-48),
    bytesFromDevice: 1_240_000,
    bytesFromTerminal: 38_000,
    durationSeconds: 660,
    device: { half: 'device', ...half },
    terminal: { half: 'terminal', ...half },
    steps: [],
    approvalRecord: null,
  };
  await answer(page, new RegExp(`/api/sessions/${remoteSessionId}$`), halted);
  await page.route('**/api/sessions', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({ status: 503, json: new NotNow().toProblem() })
      : route.continue(),
  );
  return remoteSessionId;
}

/** No new session for the moment. */
export class NotNow extends ProblemError {
  constructor() {
    super('deployment-in-progress', 'A new relay is being deployed.', undefined, 20);
  }
}
