import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { LIMITS } from '../../protocol/limits';
import { ApproverStore } from './approver-store';
import { Approvers, type PairedPhone } from './approvers';
import { hashPin, isTrivialPin } from './pin';

const PIN = '739105';
const OTHER = '840216';

let folder: string;
let now: number;
let recorded: RecordedJournal;
let approvers: Approvers;

const quickHash = (pin: string) => hashPin(pin, { N: 1024, r: 8, p: 1 });
const started = (): Approvers => {
  const fresh = new Approvers(new ApproverStore(folder, recorded.journal), recorded.journal, () => now, quickHash);
  fresh.load();
  return fresh;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'platen-approvers-'));
  now = 0;
  recorded = recordedJournal();
  approvers = started();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pair = async (name = 'Anna', devices: string[] | null = null): Promise<string> =>
  approvers.pair(approvers.invite({ devices, setsConditions: false }).code, name, PIN, '10.0.0.5');
const at = (token: string): PairedPhone => approvers.phoneWith(token)!;
const codeOf = (work: () => unknown) =>
  Promise.resolve()
    .then(work)
    .then(
      () => 'ok',
      (error: { code?: string }) => error.code,
    );

describe('Approvers', () => {
  it.each([
    ['000000', true],
    ['123456', true],
    ['987654', true],
    ['890123', true],
    ['121212', true],
    ['123123', true],
    ['112233', true],
    ['73917391', true],
    [PIN, false],
    ['2580147', false],
  ])('the PIN %s is trivial: %s', (pin, expected) => expect(isTrivialPin(pin)).toBe(expected));

  it('stores neither PIN nor token nor code, in a private file, and knows the phone after a restart', async () => {
    const { code } = approvers.invite({ devices: ['mfp-1'], setsConditions: false });
    const token = await approvers.pair(code, 'Anna', PIN, '10.0.0.5');
    const file = join(folder, 'approvers.json');
    const text = readFileSync(file, 'utf8') + recorded.lines.map((line) => JSON.stringify(line)).join();
    for (const secret of [PIN, token, code]) expect(text).not.toContain(secret);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    approvers = started();
    expect(approvers.loggedIn(at(token).phone.id)?.approver).toMatchObject({ name: 'Anna', devices: ['mfp-1'] });
    expect(approvers.provenUntil(at(token).phone.id)).toBeUndefined();
  });

  it('accepts a code once, and of two phones at the same time only one', async () => {
    const { code } = approvers.invite({ devices: null, setsConditions: false });
    const tries = ['Anna', 'Bert'].map((name) =>
      codeOf(() => approvers.pair(code.toLowerCase(), name, PIN, '10.0.0.5')),
    );
    expect((await Promise.all(tries)).sort()).toEqual(['ok', 'pairing-refused']);
    expect(await codeOf(() => approvers.pair(code, 'Carl', PIN, '10.0.0.5'))).toBe('pairing-refused');
    expect(approvers.all).toHaveLength(1);
  });

  it('refuses an expired code, and one after too many wrong tries that name it', async () => {
    const late = approvers.invite({ devices: null, setsConditions: false }).code;
    now += LIMITS.PAIRING_CODE_MS;
    expect(await codeOf(() => approvers.pair(late, 'Anna', PIN, '10.0.0.5'))).toBe('pairing-refused');
    const { code } = approvers.invite({ devices: null, setsConditions: false });
    const other = approvers.invite({ devices: null, setsConditions: false }).code;
    const wrong = `${code.slice(0, 4)}-2222-2222`;
    for (let tries = 0; tries < LIMITS.PAIRING_TRIES_PER_CODE; tries++)
      expect(await codeOf(() => approvers.pair(wrong, 'Eve', PIN, '10.0.0.66'))).toBe('pairing-refused');
    expect(await codeOf(() => approvers.pair(code, 'Anna', PIN, '10.0.0.5'))).toBe('pairing-refused');
    expect(await codeOf(() => approvers.pair(other, 'Anna', PIN, '10.0.0.5'))).toBe('ok');
  });

  it('makes only the address wait that tries too many codes', async () => {
    const { code } = approvers.invite({ devices: null, setsConditions: false });
    for (let tries = 0; tries < LIMITS.APPROVER_TRIES_PER_ADDRESS; tries++)
      await codeOf(() => approvers.pair('XXXX-XXXX-XXXX', 'Eve', PIN, `fd00:0:0:1::${tries}`));
    expect(await codeOf(() => approvers.pair(code, 'Eve', PIN, 'fd00:0:0:1:abcd::1'))).toBe('too-many-requests');
    expect(await codeOf(() => approvers.pair(code, 'Anna', PIN, 'fd00:0:0:2::1'))).toBe('ok');
    now += LIMITS.APPROVER_TRIES_WINDOW_MS;
    expect(await codeOf(() => approvers.pair('XXXX', 'Eve', PIN, 'fd00:0:0:1::1'))).toBe('pairing-refused');
  });

  it('refuses weak PINs, missing names and names that are taken, without using up the code', async () => {
    await pair('Anna');
    const { code } = approvers.invite({ devices: null, setsConditions: false });
    expect(await codeOf(() => approvers.pair(code, 'Bert', '123456', '10.0.0.5'))).toBe('weak-pin');
    expect(await codeOf(() => approvers.pair(code, undefined, PIN, '10.0.0.5'))).toBe('name-required');
    expect(await codeOf(() => approvers.pair(code, 'ANNA', PIN, '10.0.0.5'))).toBe('name-taken');
    expect(await codeOf(() => approvers.pair(code, 'Bert', PIN, '10.0.0.5'))).toBe('ok');
  });

  it('needs a proof for a YES again after a while, and a login after thirty days', async () => {
    const token = await pair();
    const { id } = at(token).phone;
    expect(approvers.provenUntil(id)).toBe(LIMITS.APPROVER_PROOF_MS);
    now += LIMITS.APPROVER_PROOF_MS;
    expect(approvers.provenUntil(id)).toBeUndefined();
    await approvers.login(at(token), PIN);
    expect(approvers.provenUntil(id)).toBe(now + LIMITS.APPROVER_PROOF_MS);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + LIMITS.APPROVER_LOGIN_MS + 1);
    expect(approvers.loggedIn(id)).toBeUndefined();
    expect(at(token).approver.name).toBe('Anna');
    await approvers.login(at(token), PIN);
    expect(approvers.loggedIn(id)).toBeDefined();
    jest.restoreAllMocks();
  });

  it('makes a phone wait after wrong PINs, longer each time, also after a restart; others do not wait', async () => {
    const [mine, stolen] = [await pair('Anna'), await pair('Bert')];
    for (let tries = 0; tries < LIMITS.PIN_TRIES; tries++)
      expect(await codeOf(() => approvers.login(at(stolen), OTHER))).toBe('pin-refused');
    expect(await codeOf(() => approvers.login(at(stolen), PIN))).toBe('too-many-requests');
    expect(await codeOf(() => approvers.login(at(mine), PIN))).toBe('ok');
    approvers = started();
    expect(await codeOf(() => approvers.login(at(stolen), PIN))).toBe('too-many-requests');
    now += LIMITS.PIN_WAIT_FIRST_MS;
    expect(await codeOf(() => approvers.login(at(stolen), OTHER))).toBe('pin-refused');
    now += LIMITS.PIN_WAIT_FIRST_MS;
    expect(await codeOf(() => approvers.login(at(stolen), PIN))).toBe('too-many-requests');
    now += LIMITS.PIN_WAIT_FIRST_MS;
    expect(await codeOf(() => approvers.login(at(stolen), PIN))).toBe('ok');
    expect(await codeOf(() => approvers.login(at(stolen), OTHER))).toBe('pin-refused');
  });

  it('counts tries at the same time before it checks them', async () => {
    const token = await pair();
    const tries = Array.from({ length: 2 * LIMITS.PIN_TRIES }, () => codeOf(() => approvers.login(at(token), OTHER)));
    const codes = await Promise.all(tries);
    expect(codes.filter((code) => code === 'pin-refused')).toHaveLength(LIMITS.PIN_TRIES);
  });

  it('unpairs a phone with which a PIN is being guessed', async () => {
    const token = await pair();
    for (let tries = 0; tries < LIMITS.PIN_TRIES_PER_PHONE; tries++) {
      expect(await codeOf(() => approvers.login(at(token), OTHER))).toBe('pin-refused');
      now += LIMITS.PIN_WAIT_MAX_MS;
    }
    expect(await codeOf(() => approvers.login(at(token), PIN))).toBe('not-paired');
    expect(approvers.phoneWith(token)).toBeUndefined();
    const code = approvers.reset(approvers.all[0]!.id).code;
    expect(await codeOf(() => approvers.pair(code, undefined, OTHER, '10.0.0.5'))).toBe('ok');
  });

  it('changes the PIN, and ends a removed approver at once', async () => {
    const token = await pair();
    const phone = at(token);
    expect(await codeOf(() => approvers.changePin(phone, OTHER, OTHER))).toBe('pin-refused');
    await approvers.changePin(phone, PIN, OTHER);
    expect(await codeOf(() => approvers.login(phone, PIN))).toBe('pin-refused');
    expect(await codeOf(() => approvers.login(phone, OTHER))).toBe('ok');
    approvers.remove(phone.approver.id);
    expect([approvers.phoneWith(token), approvers.loggedIn(phone.phone.id)]).toEqual([undefined, undefined]);
    expect(await codeOf(() => approvers.login(phone, OTHER))).toBe('not-paired');
    expect(approvers.provenUntil(phone.phone.id)).toBeUndefined();
  });

  it('ends phones when the PIN is reset at the box, and keeps name and devices', async () => {
    const token = await pair('Anna', ['mfp-1']);
    const { code } = approvers.reset(at(token).approver.id);
    expect(approvers.phoneWith(token)).toBeUndefined();
    const fresh = await approvers.pair(code, 'Mallory', OTHER, '10.0.0.5');
    expect(at(fresh).approver).toMatchObject({ name: 'Anna', devices: ['mfp-1'] });
  });

  it('sets a damaged file aside, and starts without approvers', () => {
    writeFileSync(join(folder, 'approvers.json'), '{"version":1,"approvers":[{}');
    approvers = started();
    expect(approvers.all).toEqual([]);
    expect(readFileSync(join(folder, 'approvers.damaged.json'), 'utf8')).toContain('approvers');
    expect(recorded.lines.at(-1)?.msg).toMatch(/cannot be read/);
  });

  it('changes nothing that it could not store', async () => {
    const token = await pair();
    rmSync(folder, { recursive: true });
    expect(() => approvers.remove(at(token).approver.id)).toThrow(/ENOENT/);
    expect(at(token).approver.name).toBe('Anna');
  });
});
