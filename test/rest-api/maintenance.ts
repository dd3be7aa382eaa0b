import { z } from 'zod';
import { deviceSettings, type SettingRow } from '../../src/protocol/device-settings';
import { FIRMWARE_MEDIA_TYPE } from '../../src/protocol/firmware-package';
import { firmware, job, type Job, type JobState } from '../../src/protocol/maintenance';
import { sha256Hex } from '../../src/tunnel/sha256';
import { FirmwareMaker } from '../support/firmware-maker';
import { itRefuses, UNKNOWN_ID, type RefusalRow, type RestApi } from '../support/server/rest-api';
import { until } from '../support/until';

const FILE = Buffer.from('firmware '.repeat(100));
const about = { name: 'main.bin', version: '2.15.000', model: '', sha256: sha256Hex(FILE), bytes: FILE.length };
const packed = (bytes: Buffer) => ({ type: FIRMWARE_MEDIA_TYPE, bytes });
const printer = { id: 'printer' };

export function describeFirmware(api: () => RestApi, maker: FirmwareMaker): void {
  const file = packed(maker.make(FILE));
  describe('firmware files', () => {
    it('are uploaded, listed and removed', async () => {
      const stored = await api().answers('ada', 'POST /api/firmware', firmware, { file }, 201);
      expect(stored).toMatchObject({ ...about, uploadedBy: 'ADA' });
      const list = () => api().answers('tom', 'GET /api/firmware', z.array(firmware));
      expect(await list()).toEqual([stored]);
      const params = { id: stored.id };
      await api().succeeds('ada', 'DELETE /api/firmware/:id', { params });
      expect(await list()).toEqual([]);
      await api().refuses('ada', 'DELETE /api/firmware/:id', '404 unknown-firmware', { params });
    });

    const empty = packed(Buffer.alloc(0));
    const wrong = packed(maker.make(FILE, { sha256: '0'.repeat(64) }));
    const foreign = packed(new FirmwareMaker().make(FILE));
    const plain = { type: 'application/octet-stream', bytes: FILE };
    itRefuses(api, [
      ['an upload by a technician', 'tom', 'POST /api/firmware', '403 forbidden', { file }],
      ['an empty file', 'ada', 'POST /api/firmware', '422 firmware-refused', { file: empty }],
      ['another content than stated', 'ada', 'POST /api/firmware', '422 firmware-refused', { file: wrong }],
      ['a file that another key signed', 'ada', 'POST /api/firmware', '422 firmware-refused', { file: foreign }],
      ['a file that is not signed', 'ada', 'POST /api/firmware', '400 invalid-request', { file: plain }],
      ['a form', 'ada', 'POST /api/firmware', '400 invalid-request', { body: {} }],
    ]);
  });
}

export function describeJobs(api: () => RestApi, maker: FirmwareMaker): void {
  const file = packed(maker.make(FILE));
  describe('maintenance jobs', () => {
    const instruct = (body: object = {}) =>
      api().answers(
        'tom',
        'POST /api/devices/:id/jobs',
        job,
        { params: printer, body: { operation: 'counters', ...body } },
        201,
      );
    const get = (id: string) => api().answers('tess', 'GET /api/jobs/:id', job, { params: { id } });
    const reaches = (id: string, state: JobState): Promise<Job> =>
      until(`job ${id} to be ${state}`, async () => {
        const seen = await get(id);
        return seen.state === state && seen;
      });

    it('are instructed, followed and listed in pages', async () => {
      const first = await instruct();
      expect(first).toMatchObject({ deviceId: 'printer', operation: 'counters', state: 'requested', firmware: null });
      const { plane } = api();
      (await plane.agent.commanded(first.id, 'execute')).answer({ status: 'completed' });
      await reaches(first.id, 'succeeded');
      const second = await instruct();
      (await plane.agent.commanded(second.id, 'execute')).answer({ hold: 'stopped' });
      await reaches(second.id, 'held');

      const list = (query: Record<string, string>) => api().pages('tess', 'GET /api/jobs', job, query);
      const ids = async (query: Record<string, string>) => (await list(query)).map(({ id }) => id);
      expect(await ids({})).toEqual([second.id, first.id]);
      expect(await ids({ state: 'open' })).toEqual([second.id]);
      expect(await ids({ state: 'over', deviceId: 'printer' })).toEqual([first.id]);
      expect(await ids({ deviceId: 'away' })).toEqual([]);
      expect(await ids({ userId: first.user.id })).toEqual([second.id, first.id]);
      expect(await ids({ userId: first.id })).toEqual([]);
      const params = { id: second.id };
      const cancelling = api().answers('tess', 'POST /api/jobs/:id/cancellation', job, { params });
      (await plane.agent.commanded(second.id, 'cancel')).answer({ status: 'canceled' });
      expect(await cancelling).toMatchObject({ state: 'cancelled' });
      await api().refuses('tess', 'POST /api/jobs/:id/cancellation', '409 wrong-state', { params: { id: first.id } });
    });

    it('give their agent its firmware file, with the token of the job', async () => {
      const stored = await api().answers('ada', 'POST /api/firmware', firmware, { file }, 201);
      const { id } = await instruct({ operation: 'firmware-install', firmwareId: stored.id });
      const execute = await api().plane.agent.commanded(id, 'execute');
      const headers = { authorization: `Bearer ${execute.fields['firmware-token']}` };
      const download = { params: { jobId: id }, headers };
      const answer = await api().succeeds('anonymous', 'GET /api/agent/firmware/:jobId', download, 200);
      expect(answer.body).toEqual(FILE);
      await api().refuses('ada', 'DELETE /api/firmware/:id', '409 firmware-in-use', { params: { id: stored.id } });
      execute.answer({ status: 'completed' });
      await reaches(id, 'succeeded');
      await api().refuses('anonymous', 'GET /api/agent/firmware/:jobId', '401 not-logged-in', download);
      await api().succeeds('ada', 'DELETE /api/firmware/:id', { params: { id: stored.id } });
    });

    it('read and set the settings of a device, which are kept', async () => {
      const settingsOf = () =>
        api().answers('tess', 'GET /api/devices/:id/settings', deviceSettings, { params: printer });
      expect(await settingsOf()).toEqual({ deviceId: 'printer', readAt: null, jobId: null, rows: [] });
      const choices = ['one-sided', 'two-sided-long-edge'];
      const row = { source: 'ipp', settable: true, choices, detail: '' } as const;
      const location: SettingRow = { ...row, name: 'location', outcome: 'read', value: 'Hall', choices: [] };
      const sides: SettingRow = { ...row, name: 'sides-default', outcome: 'read', value: 'one-sided' };
      const absent: SettingRow = { ...location, name: 'operator', outcome: 'unsupported', value: null, source: null };
      const { agent } = api().plane;
      const read = await instruct({ operation: 'settings-read' });
      (await agent.commanded(read.id, 'execute')).answer({ status: 'completed', settings: [location, sides, absent] });
      await reaches(read.id, 'succeeded');
      expect(await settingsOf()).toMatchObject({ jobId: read.id, rows: [location, sides, absent] });
      expect((await get(read.id)).settingRows).toMatchObject([location, { ...sides, choices: [] }, absent]);

      const settings = { location: 'Hall 2', 'sides-default': 'two-sided-long-edge' };
      const set = await instruct({ operation: 'settings-set', settings });
      expect(set.settings).toEqual(settings);
      const execute = await agent.commanded(set.id, 'execute');
      expect(execute.fields).toMatchObject({ 'setting.location': 'Hall 2' });
      const refused: SettingRow = { ...sides, outcome: 'refused', detail: 'not now' };
      const done: SettingRow = { ...location, outcome: 'set', value: 'Hall 2' };
      execute.answer({ status: 'completed', failure: 'settings-missed', settings: [done, refused] });
      expect(await reaches(set.id, 'failed')).toMatchObject({ failure: 'settings-missed', settingRows: [done, {}] });
      const { rows } = await settingsOf();
      expect(rows).toEqual([{ ...location, value: 'Hall 2' }, sides, absent]);
    });

    it('store no settings that another operation reports', async () => {
      const { id } = await instruct();
      const row = { name: 'location', outcome: 'read', value: 'X', source: 'ipp', settable: true } as const;
      const settings = [{ ...row, choices: [], detail: '' }];
      (await api().plane.agent.commanded(id, 'execute')).answer({ status: 'completed', settings });
      await reaches(id, 'succeeded');
      const known = await api().answers('tess', 'GET /api/devices/:id/settings', deviceSettings, { params: printer });
      expect(known.rows.find(({ name }) => name === 'location')?.value).not.toBe('X');
    });

    const route = 'POST /api/devices/:id/jobs';
    const body = (change: object) => ({ params: printer, body: { operation: 'counters', ...change } });
    const counters = { body: { operation: 'counters' } };
    itRefuses(api, [
      ['an unknown device', 'tom', route, '404 unknown-device', { params: { id: 'no-such-device' }, ...counters }],
      ['a device that is offline', 'tom', route, '409 device-offline', { params: { id: 'away' }, ...counters }],
      ['an operation not announced', 'tom', route, '409 operation-unsupported', body({ operation: 'test-page' })],
      ['settings without values', 'tom', route, '400 invalid-request', body({ operation: 'settings-set' })],
      ['values without settings', 'tom', route, '400 invalid-request', body({ settings: { location: 'x' } })],
      ...[{}, { colour: 'x' }, { location: 'ä'.repeat(64) }, { 'sleep-minutes': '0' }, { 'sides-default': 'all' }].map(
        (settings): RefusalRow => [
          `the settings ${JSON.stringify(settings).slice(0, 30)}`,
          'tom',
          route,
          '400 invalid-request',
          body({ operation: 'settings-set', settings }),
        ],
      ),
      ['a log of an operation that reads none', 'tom', route, '400 invalid-request', body({ log: {} })],
      ...[
        { from: 'yesterday' },
        { until: '2030-01-07T09:00:00+01:00' },
        { level: 'fatal' },
        { lines: 10 },
        { from: '2030-01-07T09:00:00Z', until: '2030-01-07T09:00:00Z' },
      ].map((log): RefusalRow => [
        `the log ${JSON.stringify(log).slice(0, 30)}`,
        'tom',
        route,
        '400 invalid-request',
        body({ operation: 'logs-read', log }),
      ]),
      ['an unknown operation', 'tom', route, '400 invalid-request', body({ operation: 'explode' })],
      ['a negative wait', 'tom', route, '400 invalid-request', body({ waitMinutes: -1 })],
      ['an installation of no file', 'tom', route, '400 invalid-request', body({ operation: 'firmware-install' })],
      [
        'an unknown firmware file',
        'tom',
        route,
        '404 unknown-firmware',
        body({ operation: 'firmware-install', firmwareId: UNKNOWN_ID }),
      ],
      ['an unknown job', 'tom', 'GET /api/jobs/:id', '404 unknown-job', { params: { id: UNKNOWN_ID } }],
      ['its cancellation', 'tom', 'POST /api/jobs/:id/cancellation', '404 unknown-job', { params: { id: UNKNOWN_ID } }],
      ['an unknown state', 'tom', 'GET /api/jobs', '400 invalid-request', { query: { state: 'late' } }],
      [
        'a download with a login in place of the token',
        'ada',
        'GET /api/agent/firmware/:jobId',
        '401 not-logged-in',
        { params: { jobId: UNKNOWN_ID } },
      ],
    ]);
  });
}
