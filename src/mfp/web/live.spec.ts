import { once } from 'node:events';
import { get } from 'node:http';
import { WebSocket } from 'ws';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { form, plainHttp } from '../../../test/support/plain-http';
import { until } from '../../../test/support/until';
import type { MachineStatus } from '../../protocol/simulated-mfp';
import { startMfp, type RunningMfp } from '../mfp';

describe('live status of the simulated MFP', () => {
  let mfp: RunningMfp;
  const at = (path: string): string => new URL(path, mfp.url).href;
  const print = (pages: number) =>
    plainHttp(at('/print'), form({ title: 'Job', pages: String(pages), colour: 'Colour' }));
  beforeEach(async () => {
    mfp = await startMfp({ pageMs: 5 }, recordedJournal().journal);
  });
  afterEach(() => mfp.stop());

  it('counts pages and uses up supplies while it prints', async () => {
    const before = mfp.machine.status;
    const counters = { ...mfp.machine.memory.counters };
    const states: string[] = [];
    mfp.machine.on('changed', () => states.push(mfp.machine.status.state));
    expect((await print(4)).headers.location).toBe('/status?done=printed');
    await until('the job is done', () => states.at(-1) === 'idle');
    expect(states).toContain('printing');
    expect(mfp.machine.status.pagesTotal).toBe(before.pagesTotal + 4);
    expect(mfp.machine.memory.counters).toEqual({ ...counters, colour: counters.colour + 4 });
    expect(mfp.machine.memory.supplies.find(({ id }) => id === 'cyan')?.level).toBeCloseTo(81 - 4 * 0.05);
    expect(mfp.machine.memory.jobs.at(-1)).toMatchObject({ title: 'Job', printed: 4, result: 'completed' });
  });

  it('stops without toner, and continues when it has been replaced', async () => {
    mfp.machine.memory.supplies.find(({ id }) => id === 'black')!.level = 0;
    await print(1);
    expect(mfp.machine.status).toMatchObject({
      state: 'stopped',
      warnings: expect.arrayContaining(['Black toner is empty.']),
    });
    mfp.machine.replaceSupply('black');
    await until('the job is done', () => mfp.machine.status.state === 'idle');
  });

  it('cancels a job, and refuses more jobs than its queue holds', async () => {
    mfp.machine.raise('paper-jam'); // no job ends meanwhile
    for (let count = 0; count < 21; count++) await print(500);
    expect((await print(1)).status).toBe(409);
    await plainHttp(at('/cancel'), form({}));
    expect(
      mfp.machine.memory.jobs.filter(({ result }) => result === 'cancelled' || result === 'printing'),
    ).toContainEqual(expect.objectContaining({ title: 'Job', result: 'cancelled', pages: 500 }));
  });

  it('pushes each change over a WebSocket', async () => {
    const socket = new WebSocket(at('/ws/status').replace('http', 'ws'));
    const seen: MachineStatus[] = [];
    socket.on('message', (data: Buffer) => seen.push(JSON.parse(data.toString()) as MachineStatus));
    await until('the first status', () => seen.length >= 1);
    await print(2);
    await until('the end of the job', () => seen.length > 1 && seen.at(-1)?.state === 'idle');
    expect(seen.map(({ state }) => state)).toContain('printing');
    expect(seen.at(-1)!.pagesTotal).toBe(seen[0]!.pagesTotal + 2);
    socket.close();
    await once(socket, 'close');
  });

  it.each([
    ['for another path', '/ws/other', {}, 404],
    ['from a page of another site', '/ws/status', { origin: 'http://elsewhere.example' }, 403],
  ])('refuses a WebSocket %s', async (_what, path, options, status) => {
    const socket = new WebSocket(at(path).replace('http', 'ws'), options);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toBe(`Unexpected server response: ${status}`);
  });

  it('closes a WebSocket that sends too much', async () => {
    const socket = new WebSocket(at('/ws/status').replace('http', 'ws'));
    await once(socket, 'open');
    socket.send('x'.repeat(10_000));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1009);
  });

  it('streams each change as a server-sent event, and stops when the reader has left', async () => {
    const listeners = mfp.machine.listenerCount('changed');
    let text = '';
    const request = get(at('/events'), { agent: false }, (answer) => {
      expect(answer.headers['content-type']).toBe('text/event-stream');
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('error', () => undefined);
    });
    request.on('error', () => undefined);
    await until('the first event', () => text.includes('id: 1\nevent: status\ndata: {"state":"idle"'));
    await print(1);
    await until('the next event', () => text.includes('id: 2\nevent: status\ndata: {"state":"printing"'));
    request.destroy();
    await until('the stream is closed', () => mfp.machine.listenerCount('changed') === listeners);
  });
});
