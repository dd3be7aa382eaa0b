import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anotherKey, signedRecordOf } from '../../test/support/agent/signed-record';
import { removeFolder } from '../../test/support/remove-folder';
import { startFakeApi, type FakeApi } from '../../test/support/terminal/fake-api';
import { sampleEndedSession, sampleSession } from '../../test/support/samples/api-samples';
import { recordedTerminal, type RecordedTerminal } from '../../test/support/terminal/recorded-terminal';
import vectors from '../../test/vectors/approval-record.json';
import type { Session, SessionWithSteps } from '../protocol/api';
import type { ApprovalRecord } from '../protocol/approval-record';
import { fingerprintOf, signingKeyOf } from '../tunnel/signing-key';
import { storeCredentials } from './credentials';
import { EXIT_CODES } from './exit-codes';
import { knownAgentsPath } from './known-agents';
import { runCommand } from './run-command';
import { verifySession, type VerifyOptions } from './verify-session';

const { id, user } = sampleSession;
const { signingKey, fingerprint } = vectors;
const otherKey = signingKeyOf(anotherKey);
const [VERIFIED, NOT_VERIFIED, NO_RECORD] = [0, EXIT_CODES['not-verified'].code, EXIT_CODES['no-record'].code];

const record = (change: object = {}): ApprovalRecord => ({
  version: 1,
  agentId: 'building-a',
  remoteSessionId: id,
  deviceId: 'copy-room',
  applicationId: 'web',
  asker: { kind: 'user', id: user.username, name: user.displayName },
  reason: 'paper jam',
  minutes: 60,
  decision: 'approved',
  grant: 'operate',
  answeredBy: { where: 'approver', name: 'Aiko', proof: 'pin' },
  answeredAt: '2026-03-02T09:00:00.000Z',
  ...change,
});
type Shown = SessionWithSteps['approvalRecord'];
const shown = (of: ApprovalRecord | string = record(), signer?: typeof anotherKey): Shown => {
  const key = signer ? otherKey : signingKey;
  return { ...signedRecordOf(of, signer), key, keyFingerprint: fingerprintOf(key) };
};

describe('platen session verify', () => {
  let api: FakeApi;
  let folder: string;
  let terminal: RecordedTerminal;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'terminal-'));
    api = await startFakeApi({});
    terminal = recordedTerminal({ PLATEN_CREDENTIALS: join(folder, 'credentials.json') });
    await storeCredentials(terminal.io.env, { server: api.url, token: 'the-token' });
  });
  afterEach(async () => {
    await api.stop();
    await removeFolder(folder);
  });

  function verify(approvalRecord: Shown, session: Partial<Session> = {}, options: VerifyOptions = {}): Promise<number> {
    const body = { ...sampleEndedSession, ...session, steps: [], approvalRecord };
    api.routes = { [`GET /api/sessions/${id}`]: () => ({ body }) };
    return runCommand(terminal.io, (io) => verifySession(io, id, options), options);
  }
  const known = async (): Promise<unknown> => JSON.parse(await readFile(knownAgentsPath(terminal.io.env), 'utf8'));
  const remembered = (keys: string[]) => ({
    [api.url]: { agents: { 'building-a': keys }, devices: { 'copy-room': 'building-a' } },
  });

  it('says who asked, for what, who answered, where and when, and remembers the key', async () => {
    expect(await verify(shown())).toBe(VERIFIED);
    expect(terminal.out()).toMatch(/Verified +signed with the key of agent building-a/);
    for (const part of [
      fingerprint,
      'Tess Technician (user tess)',
      'copy-room',
      '60 minutes',
      'paper jam',
      'full control',
    ])
      expect(terminal.out()).toContain(part);
    expect(terminal.out()).toContain('approver Aiko, with a PIN');
    expect(terminal.err()).toContain('platen agent fingerprint');
    expect(await known()).toEqual(remembered([signingKey]));
    expect((await stat(knownAgentsPath(terminal.io.env))).mode & 0o777).toBe(0o600);
    const again = terminal.err();
    expect(await verify(shown())).toBe(VERIFIED);
    expect(terminal.err()).toBe(again);
  });

  it('prints JSON', async () => {
    expect(await verify(shown(), {}, { json: true })).toBe(VERIFIED);
    const answer: unknown = JSON.parse(terminal.out());
    expect(answer).toEqual({ verified: true, keyFingerprint: fingerprint, firstUse: true, record: record() });
  });

  it.each<[string, object, Partial<Session>]>([
    ['a NO', { decision: 'declined', grant: null }, { approvedAt: null, grant: null, ending: 'declined' }],
    ['a YES that was taken back', {}, { approvedAt: null, grant: null, ending: 'declined' }],
    ['the display', { answeredBy: { where: 'display' } }, {}],
    ['the local page', { answeredBy: { where: 'local-page' } }, {}],
    ['a condition', { answeredBy: { where: 'condition', conditionId: id } }, {}],
  ])('verifies %s', async (_, change, session) => {
    expect(await verify(shown(record(change)), session)).toBe(VERIFIED);
  });

  const text = (change: (text: string) => string): Shown => ({ ...shown()!, text: change(shown()!.text) });
  it.each<[string, Shown, Partial<Session>]>([
    ['a changed text', text((it) => it.replace('paper jam', 'paper')), { reason: 'paper' }],
    ['a text cut off', text((it) => it.slice(0, -1)), {}],
    ['an empty text', text(() => ''), {}],
    ['garbage', text(() => '\u0000{]'), {}],
    ['signed text that is no record', shown('hello'), {}],
    ['the signature of another record', { ...shown()!, signature: shown(record({ minutes: 61 }))!.signature }, {}],
    ['a record of the key that another one signed', { ...shown(record(), anotherKey)!, key: signingKey }, {}],
    ['a record of another session', shown(record({ remoteSessionId: user.id })), {}],
    ['a record of another session, shown under that ID', shown(record({ remoteSessionId: user.id })), { id: user.id }],
    ['another device', shown(record({ deviceId: 'hall' })), {}],
    ['another application', shown(record({ applicationId: 'box' })), {}],
    ['another user', shown(record({ asker: { kind: 'user', id: 'tom', name: user.displayName } })), {}],
    ['another name of the user', shown(record({ asker: { kind: 'user', id: user.username, name: 'Tom' } })), {}],
    ['another reason', shown(record({ reason: 'x' })), {}],
    ['other minutes', shown(record({ minutes: 480 })), {}],
    ['another grant', shown(record({ grant: 'view' })), {}],
    ['a NO for a session that was approved', shown(record({ decision: 'declined', grant: null })), {}],
  ])('refuses %s, and remembers nothing', async (_, approvalRecord, session) => {
    expect(await verify(approvalRecord, session)).toBe(NOT_VERIFIED);
    expect(terminal.out()).toBe('');
    expect(terminal.err()).toContain('Do not rely on this session');
    await expect(known()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('does not take an oversized text', async () => {
    expect(await verify(text((it) => it.padEnd(9_000)))).toBe(EXIT_CODES['server-unreachable'].code);
  });

  it('notices another key of a known agent, and says how to accept it', async () => {
    await verify(shown());
    expect(await verify(shown(record(), anotherKey))).toBe(NOT_VERIFIED);
    expect(terminal.err()).toContain('THE KEY OF AGENT building-a HAS CHANGED');
    const accept = `platen session verify ${id} --key ${fingerprintOf(otherKey)}`;
    expect(terminal.err()).toContain(accept);
    expect(await known()).toEqual(remembered([signingKey]));
    expect(await verify(shown(record(), anotherKey), {}, { key: fingerprintOf(otherKey) })).toBe(VERIFIED);
    expect(await known()).toEqual(remembered([signingKey, otherKey]));
    expect(await verify(shown())).toBe(VERIFIED); // records from before the new enrolment stay verified
  });

  it('notices another agent of a known device', async () => {
    await verify(shown());
    expect(await verify(shown(record({ agentId: 'made-up' }), anotherKey))).toBe(NOT_VERIFIED);
    expect(terminal.err()).toContain('ANOTHER AGENT');
    expect(await known()).toEqual(remembered([signingKey]));
  });

  it('keeps the keys of each server apart', async () => {
    await verify(shown());
    const other = await startFakeApi({
      [`GET /api/sessions/${id}`]: () => ({
        body: { ...sampleEndedSession, steps: [], approvalRecord: shown(record(), anotherKey) },
      }),
    });
    await storeCredentials(terminal.io.env, { server: other.url, token: 'the-token' });
    expect(await runCommand(terminal.io, (io) => verifySession(io, id, {}))).toBe(VERIFIED);
    expect(Object.keys((await known()) as object)).toEqual([api.url, other.url]);
    await other.stop();
  });

  it('accepts only the key that --key names', async () => {
    expect(await verify(shown(), {}, { key: fingerprintOf(otherKey) })).toBe(NOT_VERIFIED);
    expect(await verify(shown(), {}, { key: 'short' })).toBe(EXIT_CODES.usage.code);
    expect(await verify(shown(), {}, { key: fingerprint })).toBe(VERIFIED);
    expect(terminal.err()).not.toContain('To be sure of it');
  });

  it('tells a session without a record from one whose record is withheld', async () => {
    expect(await verify(null, { approvedAt: null, grant: null })).toBe(NO_RECORD);
    expect(await verify(null)).toBe(NO_RECORD);
    await verify(shown());
    expect(await verify(null)).toBe(NOT_VERIFIED);
    expect(terminal.err()).toContain('although agent building-a signs its answers');
  });

  it('trusts no key if it cannot read those it has remembered', async () => {
    await writeFile(knownAgentsPath(terminal.io.env), '{"half');
    expect(await verify(shown())).toBe(NOT_VERIFIED);
    expect(terminal.err()).toContain('known-agents.json');
  });
});
