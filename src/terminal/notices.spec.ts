import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../../test/support/remove-folder';
import { problemAnswer, startFakeApi, type FakeApi } from '../../test/support/terminal/fake-api';
import { sampleSession } from '../../test/support/samples/api-samples';
import { recordedTerminal, type RecordedTerminal } from '../../test/support/terminal/recorded-terminal';
import type { Notice } from '../protocol/notice';
import { storeCredentials } from './credentials';
import { notices } from './notices';
import { runCommand } from './run-command';

const first: Notice = {
  id: '7a1c7a44-2f8e-4a2e-9d7b-3c9f5f0a0001',
  kind: 'session-halted',
  at: '2026-03-02T09:00:00.000Z',
  remoteSessionId: sampleSession.id,
  deviceId: 'copy-room',
  deviceName: 'Copy room',
  applicationId: 'web',
  userName: 'Tess Technician',
  readAt: null,
  mail: 'none',
};
const second: Notice = {
  ...first,
  id: '7a1c7a44-2f8e-4a2e-9d7b-3c9f5f0a0002',
  kind: 'session-of-user-halted',
  userName: 'Tom\u001b[2J\nTechnician',
  readAt: '2026-03-02T10:00:00.000Z',
};
const reading = (id: string) => `POST /api/notices/${id}/reading`;

describe('platen notices', () => {
  let api: FakeApi;
  let folder: string;
  let terminal: RecordedTerminal;
  let rows: Notice[];
  let next: string | null;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'notices-'));
    [rows, next] = [[first, second], null];
    api = await startFakeApi({
      'GET /api/notices': () => ({ body: { rows, next } }),
      [reading(first.id)]: () => ({ body: { ...first, readAt: first.at } }),
    });
    terminal = recordedTerminal({ PLATEN_CREDENTIALS: join(folder, 'credentials.json') });
    await storeCredentials(terminal.io.env, { server: api.url, token: 'the-token' });
  });
  afterEach(async () => {
    await api.stop();
    await removeFolder(folder);
  });
  const run = (options: Parameters<typeof notices>[1]) => runCommand(terminal.io, (io) => notices(io, options));
  const asked = () => api.requests.map(({ line }) => line);

  it('shows one line per notice and marks unread ones as read', async () => {
    expect(await run({})).toBe(0);
    const lines = terminal.out().trimEnd().split('\n');
    expect(lines[0]).toMatch(
      /^\* 2026-03-02 .*Your session with Copy room \(copy-room\/web\) was interrupted by a deployment\.$/,
    );
    expect(lines[1]).toMatch(/^ {2}2026-03-02 .*Tom\[2J Technician's session with /);
    expect(asked()).toEqual(['GET /api/notices', reading(first.id)]);
  });

  it.each([
    [{}, 'no', 'No notices.'],
    [{ unread: true }, 'yes', 'No unread notices.'],
  ])('reports that there are none: %j', async (options, unread, words) => {
    rows = [];
    await run(options);
    expect(terminal.out()).toBe(`${words}\n`);
    expect(api.requests[0]!.query.get('unread')).toBe(unread);
  });

  it('with --json, prints the rows of the API and marks none as read', async () => {
    await run({ json: true });
    expect(JSON.parse(terminal.out())).toEqual([first, second]);
    expect(asked()).toEqual(['GET /api/notices']);
  });

  it('reports that there are more', async () => {
    next = second.id;
    await run({});
    expect(terminal.err()).toBe('There are more. See the console for all of them.\n');
  });

  it('reports a problem', async () => {
    api.routes['GET /api/notices'] = () => problemAnswer('not-logged-in');
    expect(await run({})).toBe(3);
    expect(terminal.out()).toBe('');
  });
});
