import { once } from 'node:events';
import { WebSocket } from 'ws';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { PanelDisplay } from '../../../test/support/device/panel-display';
import { plainHttp } from '../../../test/support/plain-http';
import { until } from '../../../test/support/until';
import { PRODUCTS } from '../machine/identity';
import { startMfp, type RunningMfp } from '../mfp';

describe('operation panel of the simulated MFP', () => {
  let mfp: RunningMfp;
  beforeEach(async () => {
    mfp = await startMfp({ pageMs: 5, displayPort: 0, panelPort: 0, viewPort: 0 }, recordedJournal().journal);
  });
  afterEach(() => mfp.stop());
  const operate = (url = mfp.panelUrl!) => PanelDisplay.open(url);
  const view = () => PanelDisplay.open(mfp.viewUrl!);

  it('serves its page at both ports, with nothing from elsewhere', async () => {
    for (const url of [mfp.panelUrl!, mfp.viewUrl!]) {
      const { status, headers, text } = await plainHttp(url);
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(text).toContain(PRODUCTS.mfp.replace('Platen ', ''));
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
      for (const [, path] of text.matchAll(/(?:src|href)="([^"]*)"/g)) {
        expect(path).toMatch(/^\/[a-z]/);
        const file = await plainHttp(new URL(path!, url).href);
        expect([path, file.status]).toEqual([path, 200]);
        expect(file.text).not.toMatch(/(src|href|url|import)\s*[=(]\s*["']?(https?:)?\/\//);
      }
    }
    expect((await plainHttp(new URL('/status', mfp.panelUrl).href)).status).toBe(404);
    expect((await plainHttp(mfp.panelUrl!, { method: 'POST' })).status).toBe(405);
  });

  it('shows every touch on two displays', async () => {
    const [here, there] = [await operate(mfp.displayUrl), await operate()];
    here.touch('open:copy');
    await there.sees('the copy screen', ({ picture }) => picture.screen === 'copy');
    there.key('7');
    const seen = await here.sees('the 7', ({ picture }) => JSON.stringify(picture).includes('"value":"7"'));
    expect(seen.touch).toMatchObject({ display: there.id, key: '7' });
    expect(seen.displays).toEqual([
      { id: here.id, role: 'operate', place: 'device', operating: true },
      { id: there.id, role: 'operate', place: 'remote', operating: true },
    ]);
    expect(here.last.picture).toEqual(there.last.picture);
    there.socket.close();
    await here.sees('that the other has left', ({ displays }) => displays.length === 1);
  });

  it('copies with the same machine as the web pages', async () => {
    const display = await operate();
    const copies = mfp.machine.memory.counters.copies;
    for (const target of ['open:copy', 'digit:3', 'colour:on', 'start']) display.touch(target);
    await until('printing', () => display.pictures.some(({ picture }) => picture.bar.state === 'printing'));
    await until('the end of the job', () => mfp.machine.status.state === 'idle');
    expect(mfp.machine.memory.counters.copies).toBe(copies + 3);
    expect(mfp.machine.memory.jobs.at(-1)).toMatchObject({
      title: 'Copy, A4',
      owner: 'panel',
      pages: 3,
      printed: 3,
      colour: true,
    });
  });

  it('shows what the machine refuses', async () => {
    for (let count = 0; count < 21; count++) mfp.machine.print('Long', 'me', 999, false);
    const display = await operate();
    for (const target of ['open:copy', 'start']) display.touch(target);
    const { picture } = await display.sees('the refusal', ({ picture }) => picture.message?.tone === 'bad');
    expect(picture.message?.text).toMatch(/^The job queue is full/);
  });

  it('scans, faxes and changes settings', async () => {
    const display = await operate();
    const { scans, faxesSent } = mfp.machine.memory.counters;
    for (const target of ['open:scan', 'address:1', 'start', 'open:fax', 'digit:1', 'start']) display.touch(target);
    for (const target of ['open:settings', 'brightness:less', 'sleep:more']) display.touch(target);
    await until('the setting', () => mfp.machine.memory.settings.sleepMinutes === 30);
    expect(mfp.machine.memory).toMatchObject({
      brightness: 3,
      counters: { scans: scans + 1, faxesSent: faxesSent + 1 },
    });
    expect(mfp.machine.memory.jobs.slice(-2).map(({ title }) => title)).toEqual(['Scan to Accounting', 'Fax to 1']);
  });

  it('shows a fault on every display at once, and clears it from any', async () => {
    const [here, there] = [await operate(), await operate()];
    mfp.machine.raise('toner-low');
    for (const display of [here, there])
      await display.sees('the dialog', ({ picture }) => picture.dialog?.title === 'Toner low');
    there.touch('dialog:resolve');
    await here.sees('no dialog', ({ picture }) => picture.dialog === null);
    expect(mfp.machine.status.supplies.find(({ id }) => id === 'black')?.level).toBe(100);
  });

  it('sleeps when it has not been touched, and wakes at a touch of any display', async () => {
    await mfp.stop();
    mfp = await startMfp({ panelPort: 0, minuteMs: 5 }, recordedJournal().journal);
    const display = await operate();
    await display.sees('sleep', ({ picture }) => !picture.awake);
    mfp.machine.memory.settings.sleepMinutes = 1_000_000;
    display.touch('wake');
    await display.sees('the display awake', ({ picture }) => picture.awake);
  });

  it('shows everything at the view port, and accepts nothing from it', async () => {
    const [operator, viewer] = [await operate(), await view()];
    expect(viewer.messages[0]).toEqual({ type: 'welcome', display: viewer.id, role: 'view' });
    const before = viewer.last.picture;
    viewer.touch('open:copy');
    viewer.key('sleep');
    await until('two refusals', () => viewer.refusals.length >= 2);
    expect(viewer.refusals).toEqual(['view-only', 'view-only']);
    expect(mfp.panel.panel.state).toMatchObject({ screen: 'home', awake: true });
    expect(viewer.last).toMatchObject({ picture: before, touch: null });
    operator.touch('open:copy');
    await viewer.sees('what the operator does', ({ picture }) => picture.screen === 'copy');
    expect(viewer.last.displays).toContainEqual({ id: viewer.id, role: 'view', place: 'remote', operating: false });
  });

  it.each([
    ['a message that is no JSON', 'touch'],
    ['a message of another type', '{"type":"shutdown"}'],
    ['a touch without a target', '{"type":"touch"}'],
    ['markup as target', '{"type":"touch","target":"<b>"}'],
    ['unknown fields', '{"type":"key","key":"1","as":"admin"}'],
    ['an unknown key', '{"type":"key","key":"power"}'],
    ['a place outside the display', '{"type":"touch","target":"stop","x":5000}'],
    ['a binary message', Buffer.from('{"type":"key","key":"1"}')],
  ])('refuses %s, and keeps the connection', async (_what, message) => {
    const display = await operate();
    display.socket.send(message);
    await until('the refusal', () => display.refusals.length >= 1);
    expect(display.refusals).toEqual(['malformed']);
    display.touch('open:copy');
    await display.sees('the copy screen', ({ picture }) => picture.screen === 'copy');
  });

  it.each<[string, (display: PanelDisplay) => void, number]>([
    ['a message that is too large', ({ socket }) => socket.send('x'.repeat(600)), 1009],
    ['too many malformed messages', ({ socket }) => Array.from({ length: 11 }, () => socket.send('x')), 1008],
    ['a flood of touches', (display) => Array.from({ length: 200 }, () => display.touch('alerts')), 1008],
  ])('closes the connection of a display after %s, and of no other', async (_what, misbehave, code) => {
    const [bad, good] = [await operate(), await operate()];
    misbehave(bad);
    expect(await bad.closed()).toBe(code);
    good.touch('open:jobs');
    await good.sees('the job list', ({ picture }) => picture.screen === 'jobs');
  });

  it.each([
    ['for another path', '/ws/status', {}, 404],
    ['from a page of another site', '/ws/panel', { origin: 'http://elsewhere.example' }, 403],
  ])('refuses a WebSocket %s', async (_what, path, options, status) => {
    const socket = new WebSocket(new URL(path, mfp.panelUrl).href.replace('http', 'ws'), options);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toBe(`Unexpected server response: ${status}`);
  });

  it('refuses displays beyond its limit', async () => {
    for (let count = 0; count < 16; count++) await operate();
    const socket = new WebSocket(new URL('/ws/panel', mfp.panelUrl).href.replace('http', 'ws'));
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toBe('Unexpected server response: 503');
  });

  it('does not wait for a display that reads slowly, which skips to the latest picture', async () => {
    const [slow, quick] = [await operate(), await operate()];
    slow.socket.pause();
    // 3,000 pictures of more than 10 KB: far more than socket buffers hold
    const rounds = 3_000;
    for (let round = 1; round <= rounds; round++) {
      mfp.machine.memory.settings.name = `Round ${round} ${'x'.repeat(10_000)}`;
      mfp.panel.panel.input(quick.id, { type: 'touch', target: round % 2 ? 'open:status' : 'open:home' });
      await new Promise((resolve) => setImmediate(resolve));
    }
    mfp.panel.panel.input(quick.id, { type: 'touch', target: 'open:status' });
    const isLast = ({ picture }: { picture: object }) => JSON.stringify(picture).includes(`Round ${rounds} `);
    await quick.sees('the last round', isLast);
    slow.socket.resume();
    await slow.sees('the last round at the slow display', isLast);
    expect(slow.last.touch).toEqual(quick.last.touch);
    expect(slow.pictures.length).toBeLessThan(rounds);
  });

  it('reports a port that is in use', async () => {
    const { port } = new URL(mfp.panelUrl!);
    const second = startMfp({ panelPort: 0, viewPort: Number(port) }, recordedJournal().journal);
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('closes its displays when the device stops', async () => {
    const display = await operate();
    const closed = display.closed();
    await mfp.stop();
    expect([1001, 1006]).toContain(await closed);
    mfp = await startMfp({}, recordedJournal().journal);
    expect(mfp.panelUrl).toBeUndefined();
  });
});
