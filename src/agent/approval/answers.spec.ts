import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentKey as key } from '../../../test/support/agent/signed-record';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import vectors from '../../../test/vectors/approval-record.json';
import { LIMITS } from '../../protocol/limits';
import { signedRecord } from '../../protocol/approval-record';
import { fingerprintOf, hasSigned, signingKeyOf } from '../../tunnel/signing-key';
import type { Decision, RequestedApproval } from '../sessions/agent-session';
import { Answers, ANSWERS_KEPT } from './answers';

const { record, text, signature } = vectors.records[0]!;
const signer = { agentId: record.agentId, key };
const answeredBy = { where: 'local-page' } as const;
const NO: Decision = { decision: 'declined', answeredBy };
const asked = (change: Partial<RequestedApproval> = {}): RequestedApproval => ({
  remoteSessionId: record.remoteSessionId,
  deviceId: record.deviceId,
  applicationId: record.applicationId,
  asker: { ...record.asker, kind: 'user' },
  reason: record.reason,
  minutes: record.minutes,
  answerBefore: 0,
  ...change,
});

describe('the answers of an agent', () => {
  let folder: string;
  const file = () => join(folder, 'answers.jsonl');
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'platen-answers-'))));
  afterEach(() => removeFolder(folder));

  async function opened(signedBy: typeof signer | undefined = signer): Promise<Answers> {
    const timeOfDay = () => Date.parse(record.answeredAt);
    const answers = new Answers({ folder, journal: recordedJournal().journal, signer: signedBy, timeOfDay });
    await answers.load();
    return answers;
  }

  it('are signed as in the vectors', async () => {
    const decision = { decision: 'approved', grant: 'view', answeredBy: record.answeredBy } as Decision;
    const { answer } = (await opened()).give(asked(), decision);
    expect(answer).toEqual({ decision: 'approved', grant: 'view', record: { text, signature } });
    expect(signingKeyOf(key)).toBe(vectors.signingKey);
    expect(fingerprintOf(vectors.signingKey)).toBe(vectors.fingerprint);
    expect(hasSigned(vectors.signingKey, answer.record!)).toBe(true);
  });

  it('have no record if the agent has no key', () => {
    const answers = new Answers({ folder, journal: recordedJournal().journal, signer: undefined });
    expect(answers.give(asked(), NO).answer).toEqual({ decision: 'declined' });
  });

  it('survive a restart unchanged, readable for their owner only', async () => {
    const first = await opened();
    const given = first.give(asked(), NO);
    await given.stored;
    expect((await opened()).of(record.remoteSessionId)?.answer).toEqual(given.answer);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });

  it('survive a line that was being written when the agent was killed', async () => {
    await (await opened()).give(asked(), NO).stored;
    await appendFile(file(), '\n{"remoteSessionId":"5b0f');
    const again = await opened();
    const id = randomUUID();
    await again.give(asked({ remoteSessionId: id }), NO).stored;
    const last = await opened();
    expect([last.of(record.remoteSessionId), last.of(id)].map((given) => given?.answer.decision)).toEqual([
      'declined',
      'declined',
    ]);
  });

  it('are limited in number, on disk and in memory', async () => {
    const answers = await opened();
    const ids = Array.from({ length: 2 * ANSWERS_KEPT + 2 }, () => randomUUID());
    for (const remoteSessionId of ids) answers.give(asked({ remoteSessionId }), NO);
    await answers.close();
    expect([answers.of(ids[0]!), answers.of(ids.at(-1)!)?.answer.decision]).toEqual([undefined, 'declined']);
    expect((await readFile(file(), 'utf8')).trim().split('\n').length).toBeLessThan(ANSWERS_KEPT + 10);
  });

  it('have room for every request that the server can send', async () => {
    const long = '\u0001'.repeat(LIMITS.REASON_CHARACTERS);
    const longest = asked({
      deviceId: 'd'.repeat(64),
      applicationId: 'a'.repeat(64),
      asker: { kind: 'client', id: 'i'.repeat(64), name: '\u0001'.repeat(100) },
      reason: long,
      minutes: Number.MAX_SAFE_INTEGER,
    });
    const by: Decision = {
      decision: 'declined',
      answeredBy: { where: 'approver', name: '\u0001'.repeat(100), proof: 'passkey' },
    };
    const { answer } = (await opened()).give(longest, by);
    expect(signedRecord.parse(answer.record)).toEqual(answer.record);
  });
});
