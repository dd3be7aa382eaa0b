import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePorts, isFree } from './free-ports';

/** Another copy of the module, which knows as little of this one as another process does. */
async function anotherCopy(): Promise<typeof freePorts> {
  let ask = freePorts;
  await jest.isolateModulesAsync(async () => {
    ask = (await import('./free-ports.js')).freePorts;
  });
  return ask;
}

describe('free ports', () => {
  it('are consecutive, below the ephemeral ports of the kernel, and given once', async () => {
    const given = [...(await freePorts(3)), ...(await freePorts(40)), ...(await freePorts(40))];
    expect(given.slice(1, 3)).toEqual([given[0]! + 1, given[0]! + 2]);
    expect(new Set(given).size).toBe(83);
    expect(Math.max(...given)).toBeLessThan(32_768);
    expect(await Promise.all(given.map(isFree))).not.toContain(false);
  });

  it('are different for every caller, also when all call at the same time', async () => {
    const copies = [freePorts];
    while (copies.length < 5) copies.push(await anotherCopy());
    const given = (await Promise.all([...copies, ...copies].map((ask) => ask(20)))).flat();
    expect(new Set(given).size).toBe(200);
  });

  it('leave out ports that are in use', async () => {
    const ask = await anotherCopy(); // with a block of its own, far from its end
    const [before] = await ask(1);
    const other = createServer().listen(before! + 2, '127.0.0.1');
    await once(other, 'listening');
    expect(await ask(3)).toEqual([before! + 4, before! + 5, before! + 6]);
    await once(other.close(), 'close');
  });
});
