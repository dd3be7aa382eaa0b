import { logLineOf } from '../../../protocol/log-lines';
import { asText, filtered } from './log-lines';

const lines = [
  { name: '001.device.error', value: 'media-jam: Tray 2' },
  { name: '002.agent.warn', value: '2030-01-07T09:00:00Z no control channel' },
  { name: '003.agent.info', value: '2030-01-07T08:59:00Z agent online' },
  { name: '004.log.cut', value: 'Older lines are left out.' },
].map(logLineOf);

describe('lines of a log', () => {
  it('have a source, a level and, of the agent, a time', () =>
    expect(lines.slice(0, 2)).toEqual([
      { source: 'device', level: 'error', time: '', text: 'media-jam: Tray 2' },
      { source: 'agent', level: 'warn', time: '2030-01-07T09:00:00Z', text: 'no control channel' },
    ]));
  it.each([
    ['info', '', [0, 1, 2, 3]],
    ['warn', '', [0, 1, 3]],
    ['error', '', [0, 3]],
    ['info', 'CONTROL', [1, 3]],
  ] as const)('of level %s with "%s"', (level, text, expected) =>
    expect(filtered(lines, level, text)).toEqual(expected.map((index) => lines[index])),
  );
  it('are one line of text each', () =>
    expect(asText(lines.slice(1, 2))).toBe('2030-01-07T09:00:00Z\tagent\twarn\tno control channel\n'));
});
