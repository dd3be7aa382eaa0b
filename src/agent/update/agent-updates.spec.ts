import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { createJournal } from '../../journal/journal';
import type { ReportedUpdate } from '../../protocol/agent-update';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { signedText, type UnsignedManifest } from '../../protocol/release';
import { sha256Hex } from '../../tunnel/sha256';
import { signingKeyOf } from '../../tunnel/signing-key';
import { AgentUpdates } from './agent-updates';
import { AgentVersions } from './agent-versions';
import { SUPERVISED } from './supervisor-messages';

const journal = createJournal('agent', 'silent');
const maker = generateKeyPairSync('ed25519');
const unsigned: UnsignedManifest = {
  ...{ product: 'platen-agent', version: '99.0.0', protocol: PROTOCOL_VERSION, bytes: 1, sha256: sha256Hex('x') },
  ...{ createdAt: '2026-03-02T09:00:00.000Z', notes: '' },
};
const signature = sign(null, Buffer.from(signedText(unsigned)), maker.privateKey).toString('base64');
const offer = { manifest: { ...unsigned, signature }, token: 'T'.repeat(43), retry: false };
const everyDay = [1, 2, 3, 4, 5, 6, 7];

describe('an agent that is offered an update', () => {
  let folder: string;
  let updates: AgentUpdates | undefined;
  const sent: unknown[] = [];
  const happened: string[] = [];
  const send = process.send?.bind(process);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'platen-agent-updates-'));
    process.env[SUPERVISED] = 'yes';
    process.send = (message: unknown) => sent.push(message) > 0;
    setLimit('UPDATE_WAIT_MS', 5);
  });
  afterEach(() => {
    updates?.stop();
    [sent.length, happened.length] = [0, 0];
    delete process.env[SUPERVISED];
    process.send = send;
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  /** With the version stored, as if it had been downloaded. @returns what takes the offer */
  async function agent(isBusy: () => boolean, hours: { days: number[]; from: string; until: string }[] | undefined) {
    const versions = new AgentVersions(folder, journal);
    writeFileSync(await versions.newDraft(), 'x');
    await versions.place(offer.manifest);
    let take: (body: unknown) => unknown = () => undefined;
    updates = new AgentUpdates({
      ...{ hours, versions, journal, isBusy, releaseKey: signingKeyOf(maker.publicKey) },
      server: { origin: undefined, trust: {}, outbound: undefined as never },
      channel: {
        handle: (_exchange, handler) => (take = handler as typeof take),
        request: (_exchange, body) => {
          happened.push((body as ReportedUpdate).phase);
          return Promise.resolve({} as never);
        },
        stop: () => Promise.resolve(void happened.push('offline')),
        start: () => void happened.push('online'),
      },
    });
    return () => take(offer);
  }

  it('is replaced once nothing is open, after it has closed its control channel', async () => {
    let busy = true;
    (await agent(() => busy, []))();
    await until('the agent to wait', () => happened.includes('waiting'));
    expect(sent).toEqual([]);
    busy = false;
    await until('the agent to be replaced', () => sent.length > 0);
    expect(happened).toEqual(['waiting', 'installing', 'offline']);
    expect(sent).toEqual([{ type: 'install', version: '99.0.0' }]);
  });

  it('continues with a session that began while it closed its control channel', async () => {
    let looks = 0;
    (await agent(() => (looks += 1) > 1, []))();
    await until('the agent to be online again', () => happened.includes('online'));
    await until('the agent to wait', () => happened.at(-1) === 'waiting');
    expect(sent).toEqual([]);
  });

  it('waits for the hours of its owner', async () => {
    const now = new Date();
    const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toTimeString().slice(0, 5);
    (await agent(() => false, [{ days: everyDay, from: at(120), until: at(180) }]))();
    await until('the agent to wait', () => happened.includes('waiting'));
    expect(sent).toEqual([]);
  });

  it('refuses if its owner does not permit updates', async () => {
    expect(await agent(() => false, undefined)).toThrow('does not permit');
  });
});
