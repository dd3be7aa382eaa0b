import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../../test/support/remove-folder';
import { problemAnswer, startFakeApi, type FakeApi } from '../../test/support/terminal/fake-api';
import {
  sampleConditions,
  sampleDenial,
  sampleDevice,
  sampleEndedSession,
  sampleSession,
  sampleUser,
} from '../../test/support/samples/api-samples';
import { recordedTerminal, type RecordedTerminal } from '../../test/support/terminal/recorded-terminal';
import type { Device } from '../protocol/api';
import { conditions } from './conditions';
import { storeCredentials } from './credentials';
import { customers } from './customers';
import { devices } from './devices';
import { enrolmentCode } from './enrolment-code';
import { logout, whoami } from './login';
import { runCommand } from './run-command';
import { end, session, sessions } from './sessions';
import type { TerminalIo } from './terminal-io';
import { assign, users } from './users';

describe("the technician's commands", () => {
  let api: FakeApi;
  let folder: string;
  let terminal: RecordedTerminal;
  const run = (command: (io: TerminalIo) => Promise<void>): Promise<number> => runCommand(terminal.io, command);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'terminal-'));
    api = await startFakeApi({
      'GET /api/auth/me': () => ({ body: sampleUser }),
      'GET /api/devices': () => ({ body: { rows: [sampleDevice], next: null } }),
      'GET /api/sessions': () => ({ body: { rows: [sampleEndedSession], next: null } }),
      [`GET /api/sessions/${sampleSession.id}`]: () => ({
        body: {
          ...sampleEndedSession,
          steps: [
            { at: sampleSession.requestedAt, step: 'S141', text: 'asked', detail: '', decision: null },
            {
              at: sampleSession.requestedAt,
              step: 'update',
              text: 'decided',
              detail: '',
              decision: { update: true, reason: 'too-old', outcome: 'acquired' },
            },
          ],
          approvalRecord: null,
        },
      }),
      [`POST /api/sessions/${sampleSession.id}/termination`]: () => ({ body: { ...sampleSession, state: 'ending' } }),
      'DELETE /api/tokens/current': () => ({ status: 204 }),
    });
    terminal = recordedTerminal({ PLATEN_CREDENTIALS: join(folder, 'credentials.json') });
    await storeCredentials(terminal.io.env, { server: api.url, token: 'the-token' });
  });
  afterEach(async () => {
    await api.stop();
    await removeFolder(folder);
  });

  it('whoami', async () => {
    expect(await run((io) => whoami(io, {}))).toBe(0);
    expect(terminal.out()).toBe(`Tess Technician (tess), technician, at ${api.url}\n`);
  });

  describe('conditions', () => {
    const shown = async (known: object, denials: object[]) => {
      api.routes['GET /api/devices/copy-room/conditions'] = () => ({ body: known });
      api.routes['GET /api/devices/copy-room/denials'] = () => ({ body: { rows: denials, next: null } });
      expect(await run((io) => conditions(io, 'copy-room', {}))).toBe(0);
      return terminal.out().trimEnd().split('\n');
    };
    const reportedAt = sampleSession.requestedAt;

    it('shows who may do what, when and how often, and the latest denials', async () => {
      const lines = await shown({ conditions: sampleConditions, reportedAt }, [sampleDenial]);
      expect(lines[1]).toMatch(
        /^Tess Technician \(tess\) +list, get in invoices +until 2026-12-24 \d\d:00, Mon Tue Wed Thu Fri 08:00-18:00 +3 of 100 times, 52.0 kB of 10.0 MB +2026-03-02 \d\d:00 by display$/,
      );
      expect(lines[2]).toMatch(
        /^client Invoice archive \(8c7f.*\) +sessions with web, view only +always +0 times +.*by local page$/,
      );
      expect(lines.at(-1)).toMatch(
        /Tess Technician \(tess\) +delete invoices\/may.pdf \(2 times\) +The condition does not include/,
      );
    });

    it.each([
      [null, /not reported/],
      [reportedAt, /^No access conditions.* sets conditions at the device/],
    ])('says why there are none: reported at %s', async (at, text) => {
      expect(await shown({ conditions: [], reportedAt: at }, [])).toEqual([expect.stringMatching(text)]);
    });
  });

  it('devices, cut to the width of the terminal', async () => {
    terminal = recordedTerminal(terminal.io.env, { columns: 100 });
    const long = { ...sampleDevice, id: 'd'.repeat(64), name: 'n'.repeat(100), model: 'm'.repeat(200), online: false };
    const rows = [
      sampleDevice,
      { ...long, applications: Array.from({ length: 9 }, () => ({ id: 'panel', title: 'P' })) },
    ];
    api.routes['GET /api/devices'] = () => ({ body: { rows, next: null } });
    expect(await run((io) => devices(io, {}))).toBe(0);
    const lines = terminal.out().trimEnd().split('\n');
    expect(lines[0]).toMatch(/^DEVICE +STATE +CONDITION +NAME +MODEL +SITE +APPS$/);
    expect(lines[1]).toMatch(/^copy-room .*online +warning: Black toner … +Copy room +Platen Demo M… +Acme, H… +web$/);
    expect(lines[2]).toContain(' offline ');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it.each<[Device['kind'], Partial<Device['condition']> | null, RegExp]>([
    ['mfp', null, / online +- +Copy room/],
    ['mfp', { reached: false, problem: 'unreachable' }, / not reached /],
    ['mfp', { reached: false, problem: 'wrong-path' }, / wrong path /],
    ['mfp', { severity: null, alerts: 0, state: 'processing' }, / printing /],
    ['scanner', { severity: null, alerts: 0, state: 'processing' }, / scanning /],
  ])('devices, a %s in the condition %j', async (kind, changed, shown) => {
    const condition = changed && { ...sampleDevice.condition!, ...changed };
    api.routes['GET /api/devices'] = () => ({ body: { rows: [{ ...sampleDevice, kind, condition }], next: null } });
    await run((io) => devices(io, {}));
    expect(terminal.out()).toMatch(shown);
  });

  it('devices --search', async () => {
    await run((io) => devices(io, { search: 'BUILDING' }));
    expect(terminal.out()).toContain('copy-room');
    const byAlert = recordedTerminal(terminal.io.env);
    await devices(byAlert.io, { search: 'toner' });
    expect(byAlert.out()).toContain('copy-room');
    const other = recordedTerminal(terminal.io.env);
    await devices(other.io, { search: 'nowhere' });
    expect(other.out()).toBe('No devices match "nowhere". List all 1: platen devices\n');
  });

  it.each<[string, (io: TerminalIo) => Promise<void>, unknown]>([
    ['devices', (io) => devices(io, { json: true }), [sampleDevice]],
    ['sessions', (io) => sessions(io, { json: true }), [sampleEndedSession]],
    ['whoami', (io) => whoami(io, { json: true }), sampleUser],
  ])('%s --json prints the rows of the API', async (_name, command, rows) => {
    await run(command);
    expect(JSON.parse(terminal.out())).toEqual(JSON.parse(JSON.stringify(rows)));
  });

  it.each<[string, (io: TerminalIo) => Promise<void>, string]>([
    ['devices', (io) => devices(io, {}), 'An administrator enrols an agent, or assigns you'],
    ['sessions', (io) => sessions(io, { live: true }), 'platen connect <device> <application>'],
  ])('%s suggests a command when there are none', async (_name, command, words) => {
    api.routes['GET /api/devices'] = () => ({ body: { rows: [], next: null } });
    api.routes['GET /api/sessions'] = api.routes['GET /api/devices'];
    await run(command);
    expect(terminal.out()).toContain(words);
  });

  it('sessions, open ones of one device', async () => {
    await run((io) => sessions(io, { live: true, device: 'copy-room' }));
    expect(Object.fromEntries(api.requests[0]!.query)).toMatchObject({ state: 'live', deviceId: 'copy-room' });
    expect(terminal.out()).toMatch(/0d2b3f6e-[\w-]+ +copy-room\/web +ended-by-terminal .* +1:05\n$/);
  });

  it('sessions of an unknown device is an error', async () => {
    api.routes['GET /api/sessions'] = () => ({ body: { rows: [], next: null } });
    api.routes['GET /api/devices/nowhere'] = () => problemAnswer('unknown-device');
    expect(await run((io) => sessions(io, { device: 'nowhere' }))).toBe(12);
    expect(await run((io) => sessions(io, { device: 'nowhere', json: true }))).toBe(12);
    expect(terminal.out()).toBe('');
  });

  it('session, with both halves and its steps', async () => {
    await run((io) => session(io, sampleSession.id, {}));
    for (const shown of [
      /Approved .*, full control\n/,
      /Duration +1:05/,
      /1\.2 MB from the device, 890 B to it/,
      /Device's half +ended/,
      /S141 +asked/,
      /update +decided: updated \(the saved data was too old\)/,
    ])
      expect(terminal.out()).toMatch(shown);
  });

  it('session of a relay that failed, with what it had counted', async () => {
    api.routes[`GET /api/sessions/${sampleSession.id}`] = () => ({
      body: { ...sampleEndedSession, bytesEstimated: true, steps: [], approvalRecord: null },
    });
    expect(await run((io) => session(io, sampleSession.id, {}))).toBe(0);
    expect(terminal.out()).toContain('Bytes        at least 1.2 MB from the device');
  });

  it('end', async () => {
    expect(await run((io) => end(io, sampleSession.id))).toBe(0);
    expect(terminal.out()).toContain('The session is ending');
    expect(await run((io) => end(io, '../devices'))).toBe(12);
    expect(api.requests.at(-1)?.line).toBe('POST /api/sessions/..%2Fdevices/termination');
  });

  it('enrolment-code prints only the code on standard output', async () => {
    const expiresAt = sampleSession.requestedAt;
    api.routes['POST /api/enrolment-codes'] = () => ({
      status: 201,
      body: { agentId: 'hall', ticket: 'c.p', expiresAt },
    });
    await run((io) => enrolmentCode(io, 'hall', {}));
    expect(terminal.out()).toBe('c.p\n');
    expect(terminal.err()).toMatch(
      /once and expires at 2026-03-02 \d\d:\d\d:\d\d\..*\n {2}platen agent enrol - --server /,
    );
  });

  describe('customers', () => {
    const [acme, bakery] = ['0d2b3f6e-3c56-4d0a-9a52-9c1f6c1f7f21', '0d2b3f6e-3c56-4d0a-9a52-9c1f6c1f7f22'] as const;
    const office = { id: '0d2b3f6e-3c56-4d0a-9a52-9c1f6c1f7f23', name: 'Head office' };
    const known = [
      { id: acme, name: 'Acme', sites: [office], userIds: [sampleUser.id] },
      { id: bakery, name: 'Bakery', sites: [], userIds: [] as string[] },
    ];
    const admin = { ...sampleUser, id: crypto.randomUUID(), username: 'ada', displayName: 'Ada', role: 'admin' };
    const sent = () => api.requests.filter(({ line }) => !line.startsWith('GET')).map(({ line, body }) => [line, body]);
    beforeEach(() => {
      api.routes['GET /api/customers'] = () => ({ body: known });
      api.routes['GET /api/users'] = () => ({ body: { rows: [admin, sampleUser], next: null } });
      api.routes[`PUT /api/users/${sampleUser.id}/customers`] = () => ({ status: 204 });
      api.routes[`PUT /api/users/${admin.id}/customers`] = () => ({ status: 204 });
      api.routes['POST /api/customers'] = ({ body }) => ({
        status: 201,
        body: { id: bakery, ...(body as object), sites: [], userIds: [] },
      });
      for (const id of [acme, bakery])
        api.routes[`POST /api/customers/${id}/sites`] = ({ body }) => ({
          status: 201,
          body: { id: sampleSession.id, ...(body as object) },
        });
      api.routes['POST /api/enrolment-codes'] = () => ({
        status: 201,
        body: { agentId: 'hall', ticket: 'c.p', expiresAt: sampleSession.requestedAt },
      });
    });

    it('are listed with their sites', async () => {
      expect(await run((io) => customers(io, {}))).toBe(0);
      expect(terminal.out()).toMatch(/^CUSTOMER +SITES\nAcme +Head office\nBakery +-\n$/);
      const json = recordedTerminal(terminal.io.env);
      await customers(json.io, { json: true });
      expect(JSON.parse(json.out())).toEqual(known);
    });

    it('that are missing make the list say what to do', async () => {
      api.routes['GET /api/customers'] = () => ({ body: [] });
      await run((io) => customers(io, {}));
      expect(terminal.out()).toBe('No customers yet. Ask your administrator to assign you to a customer.\n');
    });

    it('limit the list of devices', async () => {
      await run((io) => devices(io, { customer: 'Acme' }));
      expect(terminal.out()).toContain('copy-room');
      const other = recordedTerminal(terminal.io.env);
      await devices(other.io, { customer: 'Bakery' });
      expect(other.out()).toBe('No devices match "Bakery". List all 1: platen devices\n');
    });

    it.each<[string, string, unknown[]]>([
      ['that exist', 'Head office', [['POST /api/enrolment-codes', { agentId: 'hall', siteId: office.id }]]],
      [
        'of which the site is new',
        'Cellar',
        [
          [`POST /api/customers/${acme}/sites`, { name: 'Cellar' }],
          ['POST /api/enrolment-codes', { agentId: 'hall', siteId: sampleSession.id }],
        ],
      ],
    ])('and sites %s are named by an enrolment code', async (_what, site, requests) => {
      expect(await run((io) => enrolmentCode(io, 'hall', { customer: 'Acme', site }))).toBe(0);
      expect(sent()).toEqual(requests);
    });

    it('that are new are created with an enrolment code', async () => {
      expect(await run((io) => enrolmentCode(io, 'hall', { customer: 'Cafe', site: 'Bar' }))).toBe(0);
      expect(sent()).toEqual([
        ['POST /api/customers', { name: 'Cafe' }],
        [`POST /api/customers/${bakery}/sites`, { name: 'Bar' }],
        ['POST /api/enrolment-codes', { agentId: 'hall', siteId: sampleSession.id }],
      ]);
    });

    it('have the device IDs that an enrolment code names', async () => {
      const options = { customer: 'Acme', site: 'Head office', devices: 'hall-*, lobby,' };
      expect(await run((io) => enrolmentCode(io, 'hall', options))).toBe(0);
      const body = { agentId: 'hall', siteId: office.id, deviceIds: ['hall-*', 'lobby'] };
      expect(sent()).toEqual([['POST /api/enrolment-codes', body]]);
    });

    it.each([{ customer: 'Acme' }, { site: 'Bar' }, { customer: ' ', site: 'Bar' }])(
      'and sites are named together, not as %j',
      async (options) => {
        expect(await run((io) => enrolmentCode(io, 'hall', options))).toBe(2);
        expect(terminal.err()).toContain('Enter both --customer and --site.');
        expect(sent()).toEqual([]);
      },
    );

    it('are listed with the users', async () => {
      expect(await run((io) => users(io, {}))).toBe(0);
      expect(terminal.out()).toMatch(/^USER .*\nada +Ada +admin +active +all\ntess +.* technician +active +Acme\n$/);
    });

    it.each<['assign' | 'unassign', string[], string[], string]>([
      ['assign', ['Bakery'], [acme, bakery], 'tess is assigned to Acme, Bakery.\n'],
      ['assign', ['Acme', 'Acme'], [acme], 'tess is assigned to Acme.\n'],
      ['unassign', ['Acme'], [], 'tess is assigned to no customer.\n'],
      ['unassign', ['Bakery'], [acme], 'tess is assigned to Acme.\n'],
    ])('users %s %j', async (kind, names, customerIds, text) => {
      expect(await run((io) => assign(io, 'tess', names, kind))).toBe(0);
      expect(sent()).toEqual([[`PUT /api/users/${sampleUser.id}/customers`, { customerIds }]]);
      expect(terminal.out()).toBe(text);
    });

    it('of an administrator are all, whatever is assigned', async () => {
      await run((io) => assign(io, 'ada', ['Acme'], 'assign'));
      expect(terminal.err()).toContain('An administrator sees all customers');
    });

    it.each([
      ['tim', ['Acme'], 'There is no user tim.\nList the users: platen users\n'],
      ['tess', ['Acme', 'Elsewhere'], 'There is no customer Elsewhere.\nList the customers: platen customers\n'],
    ])('users assign %s %j changes nothing', async (username, names, text) => {
      expect(await run((io) => assign(io, username, names, 'assign'))).toBe(12);
      expect(terminal.err()).toBe(text);
      expect(sent()).toEqual([]);
    });

    it('are not shown to users who may not list users', async () => {
      api.routes['GET /api/users'] = () => problemAnswer('forbidden');
      expect(await run((io) => users(io, {}))).not.toBe(0);
      expect(terminal.out()).toBe('');
    });
  });

  it('removes control characters of names', async () => {
    api.routes['GET /api/devices'] = () => ({
      body: { rows: [{ ...sampleDevice, name: 'A\u001b[2J\u009b1mro\u202eom\nB' }], next: null },
    });
    await run((io) => devices(io, {}));
    expect(terminal.out()).toContain('A[2J1mroom B');
    await run((io) => devices(io, { json: true }));
    expect(terminal.out()).toContain(String.raw`"A\u001b[2J\u009b1mro\u202eom\nB"`);
  });

  it('reports a problem in two lines', async () => {
    api.routes['GET /api/auth/me'] = () => problemAnswer('not-logged-in');
    expect(await run((io) => whoami(io, {}))).toBe(3);
    expect(terminal.err()).toBe('Login required.\nLog in, or send a valid API token.\n');
    expect(terminal.out()).toBe('');
  });

  it('logout revokes the token and removes it', async () => {
    expect(await run(logout)).toBe(0);
    expect(api.requests.at(-1)).toMatchObject({ line: 'DELETE /api/tokens/current' });
    expect(await run((io) => whoami(io, {}))).toBe(3);
    expect(await run(logout)).toBe(0);
  });

  it('logout removes the token even if the server is unreachable, and reports it', async () => {
    await api.stop();
    expect(await run(logout)).toBe(4);
    expect(terminal.err()).toContain('could not be revoked');
    expect(await run((io) => whoami(io, {}))).toBe(3);
  });

  it('stores a private login and reports a damaged one', async () => {
    const path = join(folder, 'credentials.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ server: api.url, token: 'the-token' });
    await writeFile(path, '{');
    expect(await run((io) => whoami(io, {}))).toBe(3);
    expect(terminal.err()).toContain('is damaged');
  });
});
