import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../../../test/support/remove-folder';
import { sampleRelay } from '../../../test/support/samples/sample-relay';
import { problemAnswer, startFakeApi, type FakeApi } from '../../../test/support/terminal/fake-api';
import { recordedTerminal, type RecordedTerminal } from '../../../test/support/terminal/recorded-terminal';
import { storeCredentials } from '../credentials';
import { EXIT_CODES } from '../exit-codes';
import { runCommand } from '../run-command';
import type { TerminalIo } from '../terminal-io';
import { drainRelay, relays, setRelay } from './relays';

const at = '2026-03-02T10:00:00Z';
const load = {
  at,
  sessions: 300,
  limit: 3_000,
  pairs: 1,
  bytesPerSecond: 1_250_000,
  cpuShare: 0.42,
  residentBytes: 9e7,
};
const east = sampleRelay({ id: 'east', region: 'eu-east', sessions: 300, load });
const drained = sampleRelay({ ...east, obstacle: 'drained', drain: { since: at, by: 'ada' } });
const gone = sampleRelay({ id: 'west', connected: false, version: '', obstacle: 'not-connected', lastSeenAt: at });

describe('relays from the command line', () => {
  let api: FakeApi;
  let folder: string;
  let terminal: RecordedTerminal;
  let listed: object[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'terminal-relays-'));
    listed = [east, gone];
    api = await startFakeApi({
      'GET /api/relays': () => ({ body: listed }),
      'PUT /api/relays/east/drain': () => ({ body: drained }),
      'DELETE /api/relays/east/drain': () => ({ body: east }),
      'PATCH /api/relays/east': () => ({ body: { ...east, region: 'eu', setRegion: 'eu', limit: 600, setLimit: 600 } }),
      'PUT /api/relays/north/drain': () => problemAnswer('unknown-relay', 'No relay north has connected.'),
    });
    terminal = recordedTerminal({ PLATEN_CREDENTIALS: join(folder, 'credentials.json') });
    await storeCredentials(terminal.io.env, { server: api.url, token: 'the-token' });
  });
  afterEach(async () => {
    await api.stop();
    await removeFolder(folder);
  });
  const run = (command: (io: TerminalIo) => Promise<void>): Promise<number> => runCommand(terminal.io, command);
  const sent = (): unknown => api.requests.find(({ line }) => line === 'PATCH /api/relays/east')?.body;

  it('are listed with state, region and load', async () => {
    expect(await run((io) => relays(io, {}))).toBe(0);
    expect(terminal.out().trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^RELAY +STATE +REGION +SESSIONS +LOAD +CPU +TRAFFIC +VERSION$/),
      expect.stringMatching(/^east +in service +eu-east +300 of 3000 +10 % +42 % +1\.3 MB\/s +0\.2\.0$/),
      expect.stringMatching(/^west +not connected +- +0 of 3000 +0 % +- +- +-$/),
    ]);
  });

  it('are listed as JSON; without any, the reader learns how to start one', async () => {
    expect(await run((io) => relays(io, { json: true }))).toBe(0);
    expect(JSON.parse(terminal.out())).toEqual([east, gone]);
    listed = [];
    expect(await run((io) => relays(io, {}))).toBe(0);
    expect(terminal.out()).toContain('No relay has connected to this server yet.');
  });

  it('are drained, with a warning when none is left, and taken back', async () => {
    listed = [drained, gone];
    expect(await run((io) => drainRelay(io, 'east', 'PUT', {}))).toBe(0);
    expect(terminal.out()).toBe('east: drained, open sessions: 300\n');
    expect(terminal.err()).toContain('No relay accepts new sessions now. Take one back: platen relays undrain');
    listed = [east, gone];
    expect(await run((io) => drainRelay(io, 'east', 'DELETE', {}))).toBe(0);
    expect(terminal.out()).toContain('east: in service, open sessions: 300\n');
    expect(terminal.err().match(/No relay accepts/g)).toHaveLength(1);
  });

  it('of another name are refused', async () => {
    expect(await run((io) => drainRelay(io, 'north', 'PUT', {}))).toBe(EXIT_CODES['not-found'].code);
    expect(terminal.err()).toContain('No relay north has connected.');
  });

  it.each([
    [
      { region: 'eu', limit: 600 },
      { region: 'eu', limit: 600 },
    ],
    [
      { region: '', limit: 0 },
      { region: null, limit: null },
    ],
    [{ limit: 5 }, { limit: 5 }],
  ])('get region and limit: %p', async (options, change) => {
    expect(await run((io) => setRelay(io, 'east', options))).toBe(0);
    expect(sent()).toEqual(change);
    expect(terminal.out()).toMatch(/east +in service +eu +300 of 600 +50 %/);
  });

  it('get nothing if nothing was given', async () => {
    expect(await run((io) => setRelay(io, 'east', {}))).toBe(EXIT_CODES.usage.code);
    expect(sent()).toBeUndefined();
  });
});
