import { recordedJournal } from '../../../test/support/recorded-journal';
import { LIMITS } from '../../protocol/limits';
import { ClockCheck } from './clock-check';

it('a wrong clock is logged once, and once that it is right again', () => {
  const { journal, lines } = recordedJournal();
  const check = new ClockCheck(journal);
  const server = new Date('2026-11-29T22:00:00Z');
  const { CLOCK_TOLERANCE_MS: tolerance } = LIMITS;
  const off = (ms: number) => check.compare(server, new Date(server.getTime() + ms));
  for (const ms of [0, tolerance, -tolerance]) off(ms);
  expect(lines).toEqual([]);
  check.compare(server, new Date(30_000)); // 1970
  off(-2 * tolerance);
  off(2 * tolerance);
  expect(lines).toMatchObject([
    {
      level: 'error',
      msg: expect.stringContaining('the clock of this computer is wrong'),
      ownTime: '1970-01-01T00:00:30.000Z',
      serverTime: '2026-11-29T22:00:00.000Z',
    },
  ]);
  for (const ms of [0, 1]) off(ms);
  expect(lines.slice(1)).toMatchObject([{ level: 'info', msg: 'the clock of this computer is right again' }]);
});
