import { setImmediate as turn } from 'node:timers/promises';
import { SerialWork } from './serial-work';

describe('serial work', () => {
  const gate = () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    return { open, opened };
  };

  it('runs the work of a key in the order of the calls, and that of other keys at the same time', async () => {
    const serial = new SerialWork();
    const seen: string[] = [];
    const first = gate();
    const one = serial.run('a', async () => {
      await first.opened;
      return seen.push('a1');
    });
    const two = serial.run('a', () => Promise.resolve(seen.push('a2')));
    await serial.run('b', () => Promise.resolve(seen.push('b1')));
    expect(seen).toEqual(['b1']);
    first.open();
    expect(await Promise.all([one, two])).toEqual([2, 3]);
    expect(seen).toEqual(['b1', 'a1', 'a2']);
  });

  it('continues after work that fails, and keeps nothing of keys whose work is over', async () => {
    const serial = new SerialWork();
    const failing = serial.run('a', () => Promise.reject(new Error('broken')));
    const next = serial.run('a', () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
    await turn();
    expect(serial.size).toBe(0);
  });
});
