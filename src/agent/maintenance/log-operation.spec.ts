import type { JobOrder } from '../../protocol/ad-hoc-command';
import type { PastAlert } from '../device/device-access';
import { LIMITS } from '../../protocol/limits';
import type { LogSelection } from '../../protocol/log-lines';
import { jobResult } from '../../protocol/maintenance';
import { RecentLog } from '../log/recent-log';
import { encodeReport } from './command-element';
import { determine, type DeviceFacts } from './executability';
import { finalReport } from './job';
import { readLogs } from './log-operation';
import type { OperationContext } from './operation-context';

const order: JobOrder = {
  ...{ jobId: '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c3d', deviceId: 'mfp-1', operation: 'logs-read', expiresInSeconds: 60 },
};
const alerts = [{ severity: 'error', code: 'media-jam', text: 'Tray 2' }];

interface Reading {
  readonly log?: RecentLog;
  readonly selected?: LogSelection;
  readonly alertHistory?: readonly PastAlert[];
}
function reading(query: () => Promise<unknown>, { log = new RecentLog(), selected, alertHistory }: Reading = {}) {
  const access = { alertHistory };
  return readLogs({ order: { ...order, log: selected }, query, access, log } as unknown as OperationContext);
}
const asked = () => Promise.resolve({ alerts });
const lineOf = (msg: string, more = {}) =>
  JSON.stringify({ level: 'info', time: '2030-01-07T09:00:00.000000Z', msg, ...more });

describe('logs-read', () => {
  it('has the alerts of the device, then the lines of the agent, newest first', async () => {
    const log = new RecentLog();
    for (const msg of ['first', 'second']) log.write(lineOf(msg));
    log.write(lineOf('of another one', { deviceId: 'mfp-2' }));
    expect((await reading(asked, { log })).result).toEqual([
      { name: '001.device.error', value: 'media-jam: Tray 2' },
      { name: '002.agent.info', value: '2030-01-07T09:00:00Z second' },
      { name: '003.agent.info', value: '2030-01-07T09:00:00Z first' },
    ]);
  });

  it('has the history of alerts after them, newest first, and those without a time last', async () => {
    const at = (time: string) => ({ at: new Date(`2030-01-07T${time}:00.900Z`) });
    const alertHistory: PastAlert[] = [
      { severity: 'error', code: 'cover-open', text: 'mail a@b.example', ...at('07:00') },
      { severity: 'report', code: 'alert-removed', text: '' },
      { severity: 'warning', code: 'toner-low', text: '', ...at('08:00') },
    ];
    expect((await reading(asked, { alertHistory })).result).toEqual([
      { name: '001.device.error', value: 'media-jam: Tray 2' },
      { name: '002.history.warn', value: '2030-01-07T08:00:00Z toner-low' },
      { name: '003.history.error', value: '2030-01-07T07:00:00Z cover-open: mail [removed]' },
      { name: '004.history.info', value: 'alert-removed' },
    ]);
    const many = Array.from({ length: 100 }, (_, index) => ({ ...alertHistory[0]!, at: new Date(index * 60_000) }));
    const { result = [] } = await reading(asked, { alertHistory: many });
    expect(result).toHaveLength(1 + LIMITS.LOG_HISTORY_LINES);
    expect(result[1]!.value).toContain('1970-01-01T01:39:00Z');
    const selected = { until: '1970-01-01T00:01:30Z' };
    expect((await reading(asked, { alertHistory: many, selected })).result!.slice(1).map(({ value }) => value)).toEqual(
      ['1970-01-01T00:01:00Z cover-open: mail [removed]', '1970-01-01T00:00:00Z cover-open: mail [removed]'],
    );
  });

  it.each<[what: string, LogSelection, lines: string[]]>([
    ['everything', {}, ['media-jam: Tray 2', 'c', 'b', 'a']],
    ['from a time, which is included', { from: '2030-01-07T09:01:00.999Z' }, ['media-jam: Tray 2', 'c', 'b']],
    ['until a time, which is included', { until: '2030-01-07T09:01:00Z' }, ['media-jam: Tray 2', 'b', 'a']],
    ['between two', { from: '2030-01-07T09:00:30Z', until: '2030-01-07T09:01:30Z' }, ['media-jam: Tray 2', 'b']],
    ['of at least a level', { level: 'warn' }, ['media-jam: Tray 2', 'b']],
  ])('reads %s', async (_what, selected, lines) => {
    const log = new RecentLog();
    log.write(lineOf('a', { time: '2030-01-07T09:00:00.100000Z' }));
    log.write(lineOf('b', { time: '2030-01-07T09:01:00.200000Z', level: 'warn' }));
    log.write(lineOf('c', { time: '2030-01-07T09:02:00.300000Z' }));
    const { result = [] } = await reading(asked, { log, selected });
    expect(result.map(({ value }) => value.replace(/^2030\S+ /, ''))).toEqual(lines);
  });

  it('tells the time of the agent if nothing is in the range, because its clock may be off', async () => {
    const log = new RecentLog();
    log.write(lineOf('a'));
    const selected = { until: '2029-01-01T00:00:00Z' };
    const { result } = await reading(() => Promise.resolve({ alerts: [] }), { log, selected });
    expect(result).toEqual([
      { name: '001.log.none', value: expect.stringMatching(/^\d{4}-\S+Z There are no such lines/) },
    ]);
  });

  it('says why the device does not answer, and is not held meanwhile', async () => {
    const failing = () => Promise.reject(new Error('no answer from 192.168.1.20'));
    expect((await reading(failing)).result).toEqual([{ name: '001.device.error', value: 'no answer from [removed]' }]);
    expect(determine('logs-read', { information: { reached: false } } as unknown as DeviceFacts)).toEqual({
      do: 'execute',
    });
  });

  it.each([
    ['short lines', 'x', LIMITS.JOB_RESULT_LINES],
    ['lines that are long in XML', '<é '.repeat(5_000), undefined],
  ])('leaves out the oldest of too many %s, says so, and fits into a stanza', async (_, msg, count) => {
    const log = new RecentLog();
    for (let each = 0; each < 3 * LIMITS.LOG_LINES_KEPT; each++) log.write(lineOf(msg.slice(0, 2_000)));
    expect(log.lines.length).toBeLessThanOrEqual(2 * LIMITS.LOG_LINES_KEPT);
    const { result = [] } = await reading(() => Promise.resolve({ alerts: [] }), { log });
    expect(jobResult.parse(result)).toEqual(result);
    if (count !== undefined) expect(result).toHaveLength(count);
    expect(result.at(-1)!.name).toMatch(/^\d{3}\.log\.cut$/);
    const answer = encodeReport('logs-read', order.jobId, finalReport({ failure: null, detail: '', result }));
    expect(answer.toString()).toContain('log.cut');
  });
});
