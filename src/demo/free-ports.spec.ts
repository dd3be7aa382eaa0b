import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePorts, isFree } from './free-ports';

/** Another copy of the module, which knows no more of this one than another process does. */
async function anotherAsker(): Promise<typeof freePorts> {
  let ask = freePorts;
  await jest.isolateModulesAsync(async () => {
    ask = (await import('./free-ports.js')).freePorts;
  });
  return ask;
}

describe('free ports', () => {
  it('lie one beside the other, are below those that the kernel gives, and are given once', async () => {
    const given = [...(await freePorts(3)), ...(await freePorts(40)), ...(await freePorts(40))];
    expect(given.slice(1, 3)).toEqual([given[0]! + 1, given[0]! + 2]);
    expect(new Set(given).size).toBe(83);
    expect(Math.max(...given)).toBeLessThan(32_768);
    expect(await Promise.all(given.map(isFree))).not.toContain(false);
  });

  it('are others for everybody who asks, also when all ask at once', async () => {
    const askers = [freePorts];
    while (askers.length < 5) askers.push(await anotherAsker());
    const given = (await Promise.all([...askers, ...askers].map((ask) => ask(20)))).flat();
    expect(new Set(given).size).toBe(200);
  });

  it('leave out what somebody listens on already', async () => {
    const ask = await anotherAsker(); // with a block of its own, whose end is far
    const [before] = await ask(1);
    const other = createServer().listen(before! + 2, '127.0.0.1');
    await once(other, 'listening');
    expect(await ask(3)).toEqual([before! + 4, before! + 5, before! + 6]);
    await once(other.close(), 'close');
  });
});
