import { recordedJournal } from '../../../test/support/recorded-journal';
import { form, plainHttp, type PlainAnswer } from '../../../test/support/plain-http';
import { startMfp, type RunningMfp } from '../mfp';

const SETTINGS = {
  name: 'Front office',
  location: 'Basement',
  contact: '',
  language: 'Deutsch',
  sleepMinutes: '30',
  tray1: 'A4',
  tray2: 'Letter',
  timeServer: 'time.example.com',
};

describe("administrator's pages of the simulated MFP", () => {
  let mfp: RunningMfp;
  let cookie = '';
  const at = (path: string): string => new URL(path, mfp.url).href;
  const get = (path: string): Promise<PlainAnswer> => plainHttp(at(path), { headers: { Cookie: cookie } });
  const post = (path: string, fields: Record<string, string>): Promise<PlainAnswer> =>
    plainHttp(at(path), form(fields, { Cookie: cookie }));

  beforeAll(async () => {
    mfp = await startMfp({ pageMs: 5 }, recordedJournal().journal);
    const answer = await plainHttp(at('/login?next=/settings'), form({ user: 'admin', password: 'demo-3050' }));
    expect([answer.status, answer.headers.location]).toEqual([303, at('/settings')]);
    const header = String(answer.headers['set-cookie']?.[0]);
    expect(header).toMatch(/^mfp_session=[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
    cookie = String(header.split(';')[0]);
  });
  afterAll(() => mfp.stop());

  it('leads to pages of this device only after the login', async () => {
    const answer = await plainHttp(
      at('/login?next=//elsewhere.example'),
      form({ user: 'admin', password: 'demo-3050' }),
    );
    expect(answer.headers.location).toBe(at('/status'));
  });

  it.each([
    '/settings',
    '/address-book',
    '/address-book/1/deletion',
    '/supplies/black/replacement',
    '/firmware',
    '/service/paper-jam/occurrence',
  ])('refuses a form at %s without login', async (path) => {
    const { status, headers } = await plainHttp(at(path), form({ name: 'x' }));
    expect([status, headers.location]).toEqual([303, '/login?next=%2Fstatus']);
  });

  it('saves settings, and redirects to them', async () => {
    const { status, headers } = await post('/settings', SETTINGS);
    expect([status, headers.location]).toEqual([303, '/settings?done=saved']);
    const { text } = await get('/settings?done=saved');
    expect(text).toContain('The settings have been saved.');
    expect(text).toMatch(/name="sleepMinutes"\s+type="number"\s+value="30"/);
    expect(text).toContain('Front office');
  });

  it('lists what is in the document boxes', async () => {
    expect((await get('/document-box')).text).toContain('delivery-note-771.pdf');
  });

  it.each([
    ['name', '', 'Device name must not be empty.'],
    ['name', 'x'.repeat(61), 'Device name must have at most 60 characters.'],
    ['sleepMinutes', '0', 'Minutes until sleep must be at least 1.'],
    ['sleepMinutes', 'soon', 'Minutes until sleep must be a number.'],
    ['tray1', 'B52', 'Tray 1 must be one of the sizes.'],
    ['timeServer', 'time server', 'Time server must be a host name or an address.'],
  ])('does not save the setting %s = %j', async (name, value, mistake) => {
    const { status, text } = await post('/settings', { ...SETTINGS, [name]: value });
    expect(status).toBe(400);
    expect(text).toContain(mistake);
    expect(mfp.machine.memory.settings).toMatchObject({ name: 'Front office', sleepMinutes: 30 });
  });

  it('adds, changes and deletes an address, and shows markup in it as text', async () => {
    await post('/address-book', { name: '<b>Eve</b> "x"', email: 'eve@example.com', fax: '' });
    const { text } = await get('/address-book');
    expect(text).toContain('&lt;b&gt;Eve&lt;/b&gt; &quot;x&quot;');
    const id = mfp.machine.memory.addresses.at(-1)?.id;
    expect((await get(`/address-book/${id}`)).text).toContain('value="eve@example.com"');
    const changed = await post(`/address-book/${id}`, { name: 'Eve', email: 'eve@example.org', fax: '+49 1' });
    expect(changed.headers.location).toBe('/address-book?done=changed');
    expect(mfp.machine.memory.addresses.at(-1)).toEqual({ id, name: 'Eve', email: 'eve@example.org', fax: '+49 1' });
    await post(`/address-book/${id}/deletion`, {});
    expect((await get(`/address-book/${id}`)).status).toBe(404);
  });

  it('shows what is wrong with an address', async () => {
    const { status, text } = await post('/address-book', { name: '', email: 'somewhere', fax: 'abc' });
    expect(status).toBe(400);
    for (const mistake of ['Name must not be empty.', 'E-mail must look like', 'Fax number may contain'])
      expect(text).toContain(mistake);
  });

  it('replaces a supply', async () => {
    expect((await post('/supplies/yellow/replacement', {})).status).toBe(303);
    expect(mfp.machine.status.supplies.find(({ id }) => id === 'yellow')?.level).toBe(100);
    expect((await post('/supplies/gold/replacement', {})).status).toBe(404);
  });

  it('raises and clears a fault', async () => {
    const raised = await post('/service/paper-jam/occurrence', {});
    expect([raised.status, raised.headers.location]).toEqual([303, '/service']);
    expect(mfp.machine.status).toMatchObject({
      state: 'stopped',
      message: 'Paper jam. A sheet is caught behind cover A.',
    });
    expect((await get('/service')).text).toContain('Now: Paper jam.');
    await post('/service/paper-jam/clearance', {});
    expect(mfp.machine.status.state).toBe('idle');
    expect((await post('/service/coffee/occurrence', {})).status).toBe(404);
  });

  it('ends the login at logout', async () => {
    expect((await get('/settings')).status).toBe(200);
    await post('/logout', {});
    expect((await get('/settings')).status).toBe(303);
  });
});
