import { recordedJournal } from '../../../test/support/recorded-journal';
import { TypedEvents } from './typed-events';

class DoorEvents extends TypedEvents<{ opened: string; closed: number }> {}

describe('typed events', () => {
  const { journal, lines } = recordedJournal();
  let events: DoorEvents;
  beforeEach(() => {
    lines.length = 0;
    events = new DoorEvents(journal);
  });

  it('call the listeners in order before publish returns', () => {
    const seen: string[] = [];
    events.on('opened', (by) => seen.push(`first ${by}`));
    events.on('opened', (by) => seen.push(`second ${by}`));
    events.on('closed', (times) => seen.push(`closed ${times}`));
    events.publish('opened', 'ada');
    expect(seen).toEqual(['first ada', 'second ada']);
  });

  it('without a listener are dropped', () => expect(() => events.publish('closed', 1)).not.toThrow());

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('broken listener');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken listener'))],
  ])('are not affected by a listener that %s, which is logged', async (_, broken) => {
    const seen: string[] = [];
    events.on('opened', broken);
    events.on('opened', (by) => seen.push(by));
    events.publish('opened', 'ada');
    expect(seen).toEqual(['ada']);
    await new Promise(setImmediate);
    expect(JSON.stringify(lines)).toContain('broken listener');
    expect(JSON.stringify(lines)).toContain('handling the event \\"opened\\" of DoorEvents');
  });
});
