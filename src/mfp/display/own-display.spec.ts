import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { PanelDisplay } from '../../../test/support/device/panel-display';
import { plainHttp, type PlainAnswer, type PlainRequest } from '../../../test/support/plain-http';
import { setLimit } from '../../../test/support/relay/test-relay';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { until } from '../../../test/support/until';
import vectors from '../../../test/vectors/device-display.json';
import { displayInputs, type DisplayInputs, type DisplayState } from '../../protocol/device-display';
import { LIMITS } from '../../protocol/limits';
import { sha256Hex } from '../../tunnel/sha256';
import { MFP_LIMITS } from '../mfp-limits';
import { startMfp, type MfpOptions, type RunningMfp } from '../mfp';
import { RemoteAccess } from './remote-access';

const SECRET = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I';
const [FULL, EMPTY] = vectors.states as unknown as [DisplayState, DisplayState];
const ASKED = FULL.asking[0]!.remoteSessionId;
const ASKING: DisplayState = { ...FULL, live: [], refused: null };

describe("the device's own display and its agent", () => {
  const journal = recordedJournal();
  let folder: string;
  let mfp: RunningMfp;
  const start = async (options: MfpOptions = {}) => {
    const ports = { displayPort: 0, panelPort: 0, viewPort: 0, agentPort: 0 };
    const agentSecretFile = join(folder, 'secret');
    mfp = await startMfp({ ...ports, agentSecretFile, ...options }, journal.journal);
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mfp-'));
    await writeFile(join(folder, 'secret'), `sha256:${sha256Hex(SECRET)}\n`);
    await start();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await mfp.stop();
    await removeFolder(folder);
  });

  const agent = (path: string, request: PlainRequest = {}): Promise<PlainAnswer> =>
    plainHttp(new URL(path, mfp.agentUrl).href, {
      ...request,
      headers: { Authorization: `Bearer ${SECRET}`, ...request.headers },
    });
  const send = async (state: unknown): Promise<number> =>
    (await agent('/state', { method: 'PUT', body: JSON.stringify(state) })).status;
  const poll = async (query = ''): Promise<DisplayInputs> =>
    displayInputs.parse(JSON.parse((await agent(`/inputs${query}`)).text));
  const own = () => PanelDisplay.open(mfp.displayUrl!);
  const remote = () => PanelDisplay.open(mfp.panelUrl!);
  const view = () => PanelDisplay.open(mfp.viewUrl!);
  /** A display with the dialog, after the time in which it takes no answer. */
  const asked = async (): Promise<PanelDisplay> => {
    const display = await own();
    expect(await send(ASKING)).toBe(204);
    await display.sees('the dialog', ({ picture }) => picture.dialog?.tone === 'ask');
    const since = performance.now();
    await until('the end of the guard', () => performance.now() - since > MFP_LIMITS.ANSWER_AFTER_MS + 100);
    return display;
  };

  it('shows a request, and sends the answer to the agent until it is acknowledged', async () => {
    const display = await asked();
    const waiting = poll();
    display.touch(`access-yes:${ASKED}`);
    const { run, inputs } = await waiting;
    expect(inputs).toEqual([{ number: 1, input: { do: 'approve', remoteSessionId: ASKED, grant: 'operate' } }]);
    await display.sees('no dialog', ({ picture }) => picture.dialog === null);
    // neither nothing nor an acknowledgement of another run removes it
    expect(await poll()).toEqual({ run, inputs });
    expect(await poll('?run=00000000-0000-4000-8000-000000000000&after=9')).toEqual({ run, inputs });
    const after = poll(`?run=${run}&after=1`);
    await send({ ...FULL, asking: [], refused: null });
    await display.sees('the session', ({ picture }) => picture.live?.action.label === 'End now');
    display.touch(`access-end:${FULL.live[0]!.remoteSessionId}`);
    expect((await after).inputs).toEqual([
      { number: 2, input: { do: 'end', remoteSessionId: FULL.live[0]!.remoteSessionId } },
    ]);
  });

  it('shows why an input had no effect, and the request again', async () => {
    const display = await asked();
    display.touch(`access-no:${ASKED}`);
    await display.sees('no dialog', ({ picture }) => picture.dialog === null);
    await send({ ...ASKING, refused: { input: 1, text: 'Not now.' } });
    await display.sees('the reason', ({ picture }) => picture.message?.text === 'Not now.');
    expect(display.last.picture.dialog?.tone).toBe('ask');
  });

  it('says that remote access is not available, and shows no request, when the agent is silent', async () => {
    await mfp.stop();
    setLimit('DISPLAY_POLL_MS', 100);
    await start({ staleMs: 200 });
    const display = await own();
    await send(FULL);
    await until('the dialog', () => display.pictures.some(({ picture }) => picture.dialog?.tone === 'ask'));
    await display.sees('no dialog', ({ picture }) => picture.dialog === null && picture.live === null);
    display.touch(`access-yes:${ASKED}`);
    display.touch('access:conditions');
    await display.sees('the reason', ({ picture }) => JSON.stringify(picture.panes).includes('is not available'));
    expect((await poll('')).inputs.length).toBe(0);
  });

  describe('played by an attacker', () => {
    const targets = [
      ...['yes', 'longer', 'view', 'no'].map((verb) => `access-${verb}:${ASKED}`),
      ...['conditions', 'sessions', 'denials', 'new', 'set'].map((verb) => `access:${verb}`),
      ...['end', 'revoke', 'condition'].map((verb) => `access-${verb}:${FULL.conditions[0]!.id}`),
      ...['access-row:0', 'access-step:next', 'access-page:next', 'access-more:often'],
    ];

    it('shows other displays nothing of it, and takes none of their touches for it', async () => {
      const here = await asked();
      const [operator, viewer] = [await remote(), await view()];
      for (const display of [operator, viewer]) for (const target of targets) display.touch(target);
      await until('refusals', () => operator.refusals.length === targets.length);
      await until('refusals', () => viewer.refusals.length === targets.length);
      expect(new Set(operator.refusals)).toEqual(new Set(['own-display-only']));
      expect(new Set(viewer.refusals)).toEqual(new Set(['view-only']));
      // the touches of a technician are neither shown on the dialog nor do they reach it
      operator.socket.send(JSON.stringify({ type: 'touch', target: 'open:copy', x: 300, y: 800 }));
      await operator.sees('the copy screen', ({ picture }) => picture.screen === 'copy');
      await here.sees('it as well', ({ picture }) => picture.screen === 'copy');
      expect(here.last.picture.dialog?.tone).toBe('ask');
      expect(here.last.touch).toBeNull();
      await send(EMPTY);
      await here.sees('no dialog', ({ picture }) => picture.dialog === null);
      for (const display of [operator, viewer]) {
        const text = JSON.stringify(display.messages.filter(({ type }) => type === 'picture'));
        for (const word of ['access', 'Tina', 'Stripes', ASKED, 'ask']) expect(text).not.toContain(word);
      }
      // nothing reached the agent
      here.touch('open:home');
      expect(mfp.panel.panel.state.screen).toBe('copy');
      const inputs = poll();
      await send(ASKING);
      await send({ ...FULL, asking: [] });
      await here.sees('the session', ({ picture }) => picture.live != null);
      here.touch(`access-end:${FULL.live[0]!.remoteSessionId}`);
      expect((await inputs).inputs.map(({ input }) => input.do)).toEqual(['end']);
    });

    it('shows other displays nothing of the screens that the owner opens, and none of the touches', async () => {
      const [here, operator] = [await own(), await remote()];
      await send({ ...FULL, asking: [], refused: null });
      for (const target of ['access:conditions', 'access:new', 'access-row:0', 'access-step:next']) here.touch(target);
      await here.sees('the second step', ({ picture }) => picture.title.startsWith('2 of 6'));
      operator.touch('open:copy');
      await operator.sees('the copy screen', ({ picture }) => picture.screen === 'copy');
      expect(JSON.stringify(operator.messages)).not.toMatch(/access|Tina|condition/);
      expect(here.last.picture.title).toMatch(/^2 of 6/);
    });

    it('has a place for the own display however many others there are', async () => {
      for (let count = 0; count < MFP_LIMITS.PANEL_DISPLAYS; count++) await remote();
      await expect(remote()).rejects.toThrow('503');
      await own();
    });

    it.each<[string, PlainRequest['headers'], number]>([
      ['the name of another host', { Host: 'evil.example' }, 421],
      ['a name that looks like loopback', { Host: '127.0.0.1.evil.example' }, 421],
      ['an address in the LAN', { Host: '192.168.1.20:8085' }, 421],
      ['its own name', { Host: 'localhost:8085' }, 200],
    ])('answers under %s as it should', async (_what, headers, status) => {
      const answer = await plainHttp(mfp.displayUrl!, { headers });
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        'x-frame-options': 'DENY',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      });
    });

    it.each([
      ['a page of another site', { origin: 'http://evil.example' }, 403],
      ['a page without an origin', { origin: 'null' }, 403],
      [
        'a page under a name that leads here',
        { origin: 'http://evil.example', headers: { Host: 'evil.example' } },
        421,
      ],
    ])('refuses the WebSocket of %s', async (_what, options, status) => {
      const socket = new WebSocket(new URL('/ws/panel', mfp.displayUrl).href.replace('http', 'ws'), options);
      const [error] = (await once(socket, 'error')) as [Error];
      expect(error.message).toBe(`Unexpected server response: ${status}`);
    });

    it('listens on loopback only, whatever the address of the device', async () => {
      await mfp.stop();
      await start({ host: '127.0.0.2' });
      expect([mfp.displayUrl, mfp.agentUrl].map((url) => new URL(url!).hostname)).toEqual(['127.0.0.1', '127.0.0.1']);
      expect(new URL(mfp.panelUrl!).hostname).toBe('127.0.0.2');
    });

    it.each<[string, string, PlainRequest, number]>([
      ['without the secret', '/inputs', { headers: { Authorization: '' } }, 401],
      ['with another secret', '/inputs', { headers: { Authorization: `Bearer ${SECRET}x` } }, 401],
      [
        'with the hash of the secret',
        '/inputs',
        { headers: { Authorization: `Bearer sha256:${sha256Hex(SECRET)}` } },
        401,
      ],
      ['in another scheme', '/state', { method: 'PUT', headers: { Authorization: `Basic ${SECRET}` } }, 401],
      ['with another method', '/state', { method: 'POST', body: '{}' }, 405],
      ['for another path', '/', {}, 404],
      [
        'with a state that is too large',
        '/state',
        { method: 'PUT', body: 'x'.repeat(LIMITS.DISPLAY_STATE_BYTES + 1) },
        413,
      ],
      ['with half an acknowledgement', '/inputs?after=1', {}, 400],
      ['with a negative number', '/inputs?run=a&after=-1', {}, 400],
    ])('refuses an agent %s', async (_what, path, request, status) => {
      const answer = await agent(path, request);
      expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
      expect(answer.text).not.toContain(SECRET);
    });

    it.each(vectors.malformedStates.map((state) => [state]))('refuses the state %j', async (state) => {
      expect(await send(state)).toBe(400);
      const display = await own();
      expect(display.last.picture.dialog).toBeNull();
    });
  });

  it('takes every state of the vectors', async () => {
    for (const state of vectors.states) expect(await send(state)).toBe(204);
  });

  it('keeps a bounded number of inputs', async () => {
    const access = new RemoteAccess();
    const input = { do: 'end', remoteSessionId: ASKED } as const;
    for (let count = 1; count <= LIMITS.DISPLAY_INPUTS; count++) expect(access.add(input)).toBe(count);
    expect(access.add(input)).toBeUndefined();
    const { run } = await access.poll(undefined, new AbortController().signal);
    await access.poll({ run, after: 10 }, new AbortController().signal);
    expect(access.add(input)).toBe(LIMITS.DISPLAY_INPUTS + 1);
  });

  describe('when the connection of a poll is lost', () => {
    let access: RemoteAccess;
    let connection: AbortController;
    let poll: Promise<unknown>;
    const stale = jest.fn();
    beforeEach(() => {
      jest.useFakeTimers();
      access = new RemoteAccess();
      access.on('stale', stale);
      access.update(FULL);
      connection = new AbortController();
      poll = access.poll(undefined, connection.signal);
    });
    afterEach(() => {
      access.stop();
      stale.mockReset();
      jest.useRealTimers();
    });
    const pass = () => jest.advanceTimersByTime(LIMITS.DISPLAY_LOST_MS);

    it('and not replaced, the agent has ended', async () => {
      connection.abort();
      expect(await poll).toMatchObject({ inputs: [] });
      pass();
      expect(stale).toHaveBeenCalledTimes(1);
      expect(access.state).toBeUndefined();
    });

    it.each([
      ['the agent polls again', () => void access.poll(undefined, new AbortController().signal)],
      ['the agent sends its state', () => access.update(FULL)],
    ])('and %s, it lives', (_name, act) => {
      connection.abort();
      act();
      pass();
      expect(access.state).toMatchObject(FULL);
    });

    it.each([
      ['was answered with an input', () => void access.add({ do: 'end', remoteSessionId: ASKED })],
      ['was replaced by a newer one', () => void access.poll(undefined, new AbortController().signal)],
    ])('after it %s, that is no loss', (_name, act) => {
      act();
      connection.abort();
      pass();
      expect(access.state).toMatchObject(FULL);
    });
  });

  it('has the older of two polls answered at once', async () => {
    const first = poll();
    const second = poll();
    expect((await first).inputs).toEqual([]);
    await mfp.stop();
    await second.catch(() => undefined);
    await start();
  });

  it.each(['', 'short', 'sha256:00'])('does not start with the secret file %j', async (text) => {
    await writeFile(join(folder, 'other'), text);
    await expect(startMfp({ agentSecretFile: join(folder, 'other') }, journal.journal)).rejects.toMatchObject({
      name: 'BadSecretFile',
    });
  });

  it('logged no secret and no unexpected error', () => {
    expect(JSON.stringify(journal.lines)).not.toContain(SECRET);
    expect(journal.lines.filter((line) => 'incident' in line)).toEqual([]);
  });
});
