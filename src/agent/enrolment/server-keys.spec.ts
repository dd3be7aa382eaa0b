import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJournal } from '../../journal/journal';
import { announceNextKey, signerOfNextKey } from '../../tunnel/next-key';
import { readCredentials, storeCredentials } from './credentials';
import { ServerKeys } from './server-keys';

const journal = createJournal('agent', 'silent');
const newKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const [present, next, foreign] = [newKey(), newKey(), newKey()];
const pinOf = (key: string) => signerOfNextKey(announceNextKey(key, 'A'.repeat(43)))!;
const LATER = 'L'.repeat(43);

describe('the keys of the server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-server-keys-'));
  const file = join(folder, 'credentials.json');
  const credentials = {
    agentId: 'hall',
    password: 'p'.repeat(43),
    xmpp: { host: 'localhost', port: 5223, domain: 'platen.local' },
    pin: pinOf(present),
  };
  const load = async () => new ServerKeys(await readCredentials(file), file, journal);
  beforeEach(() => storeCredentials(file, credentials, true));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are both accepted, also after a restart, until the server uses the next one', async () => {
    const keys = await load();
    await keys.learn(announceNextKey(present, pinOf(next)));
    const both = { pin: pinOf(present), nextPin: pinOf(next) };
    expect([keys.trust, (await load()).trust]).toEqual([both, both]);
    await keys.used(pinOf(present));
    expect(keys.trust).toEqual(both);
    await keys.used(pinOf(next));
    expect([keys.trust, (await load()).trust]).toEqual(Array(2).fill({ pin: pinOf(next), nextPin: undefined }));
  });

  it('are replaced by another announcement of the present key, or of the next one', async () => {
    const keys = await load();
    await keys.learn(announceNextKey(present, LATER));
    await keys.learn(announceNextKey(present, pinOf(next)));
    expect(keys.trust).toEqual({ pin: pinOf(present), nextPin: pinOf(next) });
    await keys.learn(announceNextKey(next, LATER));
    expect(keys.trust).toEqual({ pin: pinOf(next), nextPin: LATER });
  });

  it.each([
    ['a foreign key has signed', () => announceNextKey(foreign, LATER)],
    [
      'a foreign key has signed for the present one',
      () => ({ ...announceNextKey(foreign, LATER), key: announceNextKey(present, LATER).key }),
    ],
    ['the present key has signed for another one', () => ({ ...announceNextKey(present, pinOf(next)), pin: LATER })],
  ])('do not change by an announcement that %s', async (_what, announced) => {
    const keys = await load();
    await expect(keys.learn(announced())).rejects.toThrow('has not signed');
    await keys.used(LATER);
    expect([keys.trust, await readCredentials(file)]).toEqual([
      { pin: pinOf(present), nextPin: undefined },
      credentials,
    ]);
  });

  it('do not overwrite the credentials of another enrolment', async () => {
    const keys = await load();
    const again = { ...credentials, password: 'q'.repeat(43), pin: LATER };
    await storeCredentials(file, again, true);
    await expect(keys.learn(announceNextKey(present, pinOf(next)))).rejects.toThrow('enrolled again');
    expect([keys.trust, await readCredentials(file)]).toEqual([{ pin: pinOf(present), nextPin: undefined }, again]);
  });
});
