import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { ScriptedAgent } from '../../../test/support/agent/scripted-agent';
import { announcedPrinter, ControlPlane } from '../../../test/support/server/control-plane';
import { until } from '../../../test/support/until';
import type { SignedRecord } from '../../protocol/approval-record';
import { announce } from '../../protocol/control-channel';
import type { JobApprovalRecord } from '../../protocol/job-approval';
import { job as jobSchema, type Job } from '../../protocol/maintenance';
import { fingerprintOf, signingKeyOf } from '../../tunnel/signing-key';

describe('the answer to a job, of an agent with a signing key', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const other = generateKeyPairSync('ed25519').privateKey;
  const key = signingKeyOf(privateKey);
  let plane: ControlPlane;
  let agent: ScriptedAgent;
  beforeAll(async () => {
    plane = await ControlPlane.start();
    agent = await plane.streamOf(await plane.enrol('signing', undefined, key));
    await agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter('signed')] });
  });
  afterAll(async () => {
    await agent?.leave();
    await plane?.stop();
  });

  const record = (jobId: string, change: Partial<JobApprovalRecord> = {}): JobApprovalRecord => ({
    ...{ version: 1, agentId: 'signing', jobId, deviceId: 'signed', operation: 'restart', requestedBy: 'TOM' },
    ...{ firmware: null, settings: null, decision: 'approved', answeredBy: { where: 'local-page' } },
    ...{ answeredAt: '2026-03-02T10:00:00.000Z', ...change },
  });
  const signed = (content: object, by: KeyObject = privateKey, domain = 'platen job approval record'): SignedRecord => {
    const text = JSON.stringify(content);
    return { text, signature: sign(null, Buffer.from(`${domain}\n${text}`), by).toString('base64url') };
  };
  async function answered(given: (jobId: string) => SignedRecord | null, failure: 'declined' | null): Promise<Job> {
    const { body } = await plane.call('tom', 'POST', '/devices/signed/jobs', { operation: 'restart' });
    const jobId = String(body.id);
    const command = await agent.commanded(jobId, 'execute');
    command.answer({ status: 'completed', failure, record: given(jobId) });
    return until('the job to be over', async () => {
      const seen = jobSchema.parse((await plane.call('tom', 'GET', `/jobs/${jobId}`)).body);
      return seen.endedAt !== null && seen;
    });
  }

  it.each<['approved' | 'declined', 'declined' | null]>([
    ['approved', null],
    ['declined', 'declined'],
  ])('%s is kept as it was signed, with the key of that time', async (decision, failure) => {
    let given: SignedRecord | undefined;
    const job = await answered((id) => (given = signed(record(id, { decision }))), failure);
    expect(job.approvalRecord).toEqual({ ...given, key, keyFingerprint: fingerprintOf(key) });
  });

  it.each<[what: string, given: (id: string) => SignedRecord | null]>([
    ['missing', () => null],
    ['signed with another key', (id) => signed(record(id), other)],
    ['signed as the answer to a session', (id) => signed(record(id), privateKey, 'platen approval record')],
    ['about another job', () => signed(record('5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c3d'))],
    ['about another device', (id) => signed(record(id, { deviceId: 'printer' }))],
    ['about another operation', (id) => signed(record(id, { operation: 'test-page' }))],
    ['about another user', (id) => signed(record(id, { requestedBy: 'TESS' }))],
    ['of another agent', (id) => signed(record(id, { agentId: 'box' }))],
    ['about firmware', (id) => signed(record(id, { firmware: { version: '1', sha256: 'a'.repeat(64) } }))],
    ['a NO, although the job was carried out', (id) => signed(record(id, { decision: 'declined' }))],
    ['no record', () => signed({ answer: 'yes' })],
  ])('is not kept if its record is %s', async (_what, given) => {
    expect((await answered(given, null)).approvalRecord).toBeNull();
  });
});
