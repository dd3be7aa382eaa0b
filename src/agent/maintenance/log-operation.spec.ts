import type { JobOrder } from '../../protocol/ad-hoc-command';
import { LIMITS } from '../../protocol/limits';
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

function reading(query: () => Promise<unknown>, log = new RecentLog()) {
  return readLogs({ order, query, log } as unknown as OperationContext);
}
const lineOf = (msg: string, more = {}) =>
  JSON.stringify({ level: 'info', time: '2030-01-07T09:00:00.000000Z', msg, ...more });

describe('logs-read', () => {
  it('has the alerts of the device, then the lines of the agent, newest first', async () => {
    const log = new RecentLog();
    for (const msg of ['first', 'second']) log.write(lineOf(msg));
    log.write(lineOf('of another one', { deviceId: 'mfp-2' }));
    expect((await reading(() => Promise.resolve({ alerts }), log)).result).toEqual([
      { name: '001.device.error', value: 'media-jam: Tray 2' },
      { name: '002.agent.info', value: '2030-01-07T09:00:00Z second' },
      { name: '003.agent.info', value: '2030-01-07T09:00:00Z first' },
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
    const { result = [] } = await reading(() => Promise.resolve({ alerts: [] }), log);
    expect(jobResult.parse(result)).toEqual(result);
    if (count !== undefined) expect(result).toHaveLength(count);
    expect(result.at(-1)!.name).toMatch(/^\d{3}\.log\.cut$/);
    const answer = encodeReport('logs-read', order.jobId, finalReport({ failure: null, detail: '', result }));
    expect(answer.toString()).toContain('log.cut');
  });
});
