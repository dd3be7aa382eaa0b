import vectors from '../../../test/vectors/approval-record.json';
import type { ScriptedAgent } from '../../../test/support/agent/scripted-agent';
import { anotherKey, signedRecordOf as signed } from '../../../test/support/agent/signed-record';
import { announcedPrinter, ControlPlane } from '../../../test/support/server/control-plane';
import type { ApprovalRecord, SignedRecord } from '../../protocol/approval-record';
import { announce, approval } from '../../protocol/control-channel';
import { hasSigned } from '../../tunnel/signing-key';

describe('the vectors', () => {
  it.each(vectors.records)(
    '$record.decision, $record.answeredBy.where: verified with the key',
    ({ text, signature }) => {
      expect(hasSigned(vectors.signingKey, { text, signature })).toBe(true);
      expect(hasSigned(vectors.signingKey, { text: `${text} `, signature })).toBe(false);
      expect(hasSigned('A'.repeat(43), { text, signature })).toBe(false);
    },
  );
});

describe('an answer of an agent with a signing key', () => {
  let plane: ControlPlane;
  let agent: ScriptedAgent;
  beforeAll(async () => {
    plane = await ControlPlane.start();
    agent = await plane.streamOf(await plane.enrol('signing', undefined, vectors.signingKey));
    await agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter('signed'), announcedPrinter('beside')] });
  });
  afterAll(async () => {
    await agent?.leave();
    await plane?.stop();
  });
  afterEach(() => plane.clear());

  async function requested(deviceId = 'signed'): Promise<string> {
    const { body } = await plane.ask('tom', deviceId);
    await agent.awaitRequest('request-approval', String(body.id));
    return String(body.id);
  }
  const record = (id: string, change: object = {}): ApprovalRecord => ({
    version: 1,
    agentId: 'signing',
    remoteSessionId: id,
    deviceId: 'signed',
    applicationId: 'web',
    asker: { kind: 'user', id: 'tom', name: 'TOM' },
    reason: 'paper jam',
    minutes: 30,
    decision: 'approved',
    grant: 'operate',
    answeredBy: { where: 'local-page' },
    answeredAt: '2026-03-02T10:00:00.000Z',
    ...change,
  });
  const answer = (id: string, given: SignedRecord | undefined, decision: 'approved' | 'declined' = 'approved') =>
    agent.ask(approval, { remoteSessionId: id, decision, record: given });

  it('is kept as it was signed, with the key of that time', async () => {
    const id = await requested();
    const given = signed(record(id));
    expect(await answer(id, given)).toEqual({});
    const { approvalRecord, state } = await plane.session(id);
    expect(approvalRecord).toEqual({ ...given, key: vectors.signingKey, keyFingerprint: vectors.fingerprint });
    expect(state).not.toBe('requested');
  });

  it('keeps the record of a NO', async () => {
    const id = await requested();
    const given = signed(record(id, { decision: 'declined', grant: null }));
    expect(await answer(id, given, 'declined')).toEqual({});
    expect(await plane.session(id)).toMatchObject({ ending: 'declined', approvalRecord: given });
  });

  it('ends the session with a NO after a YES, and keeps the record of the YES', async () => {
    const id = await requested();
    const yes = signed(record(id));
    await answer(id, yes);
    expect(await answer(id, undefined, 'declined')).toEqual({});
    expect(await plane.session(id)).toMatchObject({ approvalRecord: yes });
    expect((await plane.session(id)).ending).not.toBeNull();
  });

  it('takes back an undelivered YES with its record', async () => {
    const id = await requested();
    const yes = signed(record(id));
    expect(await answer(id, yes, 'declined')).toEqual({});
    expect(await plane.session(id)).toMatchObject({ ending: 'declined', approvedAt: null, approvalRecord: yes });
  });

  type Case = [name: string, make: (id: string, other: string) => SignedRecord | undefined, why: RegExp];
  const refused: Case[] = [
    ['without a record', () => undefined, /no approval record/],
    ['signed with another key', (id) => signed(record(id), anotherKey), /not signed/],
    [
      'with a changed text',
      (id) => ({ ...signed(record(id)), text: JSON.stringify(record(id, { minutes: 31 })) }),
      /not signed/,
    ],
    [
      'with a text cut off',
      (id) => ({ ...signed(record(id)), text: JSON.stringify(record(id)).slice(0, -1) }),
      /not signed/,
    ],
    ['with an empty text', (id) => ({ ...signed(record(id)), text: '' }), /not signed/],
    ['with a signed text that is no record', () => signed('hello'), /cannot be read/],
    ['with a signed record of another version', (id) => signed(record(id, { version: 2 })), /cannot be read/],
    ['of an unknown place', (id) => signed(record(id, { answeredBy: { where: 'server' } })), /cannot be read/],
    ['with the record of another session', (_, other) => signed(record(other)), /remoteSessionId/],
    ['with the record of another agent', (id) => signed(record(id, { agentId: 'box' })), /agentId/],
    ['about another device', (id) => signed(record(id, { deviceId: 'beside' })), /deviceId/],
    ['about another application', (id) => signed(record(id, { applicationId: 'box' })), /applicationId/],
    ['to another user', (id) => signed(record(id, { asker: { kind: 'user', id: 'tess', name: 'TOM' } })), /asker.id/],
    [
      'to a client of that name',
      (id) => signed(record(id, { asker: { kind: 'client', id: 'tom', name: 'TOM' } })),
      /asker.kind/,
    ],
    [
      'to a user shown otherwise',
      (id) => signed(record(id, { asker: { kind: 'user', id: 'tom', name: 'TESS' } })),
      /asker.name/,
    ],
    ['for another reason', (id) => signed(record(id, { reason: 'paper' })), /reason/],
    ['for longer', (id) => signed(record(id, { minutes: 480 })), /minutes/],
    ['with another grant', (id) => signed(record(id, { grant: 'view' })), /grant/],
    ['with no grant', (id) => signed(record(id, { grant: null })), /grant/],
    ['with the record of a NO', (id) => signed(record(id, { decision: 'declined', grant: null })), /decision/],
  ];
  it.each(refused)('is refused %s: nothing starts, and the session says why', async (_, make, why) => {
    const other = await requested('beside');
    const id = await requested();
    const before = plane.relay.asked.length;
    expect(await answer(id, make(id, other))).toBe('record-refused');
    const session = await plane.reaches(id, 'ended');
    expect(session).toMatchObject({ ending: 'failed', approvedAt: null });
    expect(session.detail).toMatch(why);
    expect((await plane.session(id)).approvalRecord).toBeNull();
    expect((await plane.session(other)).state).toBe('requested');
    expect(plane.relay.asked.slice(before).filter((asked) => asked === 'connection-info')).toEqual([]);
  });

  it.each([
    ['an oversized text', { text: 'x'.repeat(8193), signature: 'A'.repeat(86) }],
    ['a signature of another length', { text: '{}', signature: 'A'.repeat(85) }],
  ])('is not valid with %s', async (_, given) => {
    const id = await requested();
    expect(await answer(id, given)).toBe('invalid-request');
    expect((await plane.session(id)).state).toBe('requested');
  });

  it('needs no record from an agent that was enrolled without a key', async () => {
    const id = await plane.requested();
    const given = signed(record(id, { agentId: 'box', deviceId: 'printer' }));
    expect(await plane.agent.ask(approval, { remoteSessionId: id, decision: 'approved', record: given })).toEqual({});
    expect(await plane.session(id)).toMatchObject({ approvalRecord: null });
  });

  it('is refused with the old key after the agent was enrolled again', async () => {
    const account = await plane.enrol('signing', undefined, 'A'.repeat(43));
    agent = await plane.streamOf(account);
    await agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter('signed'), announcedPrinter('beside')] });
    const id = await requested();
    expect(await answer(id, signed(record(id)))).toBe('record-refused');
  });
});
