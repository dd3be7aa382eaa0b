import WebSocket from 'ws';
import { ControlPlane } from '../../../../test/support/server/control-plane';
import { until } from '../../../../test/support/until';
import { LIVE_PATH, liveEvent, type LiveEvent } from '../../../protocol/live';

describe('the live publishers', () => {
  let plane: ControlPlane;
  let live: WebSocket;
  const events: LiveEvent[] = [];
  beforeAll(async () => {
    plane = await ControlPlane.start();
    const Cookie = await plane.cookieOf('tess');
    live = new WebSocket(`${plane.url.replace('http', 'ws')}${LIVE_PATH}`, { headers: { Cookie, Origin: plane.url } });
    live.on('message', (data: Buffer) => events.push(liveEvent.parse(JSON.parse(data.toString()))));
    await new Promise((resolve) => live.once('open', resolve));
  });
  afterAll(async () => {
    live?.terminate();
    await plane?.stop();
  });

  it('publish each state of a job with its result, and device information, to other users, too', async () => {
    const { body } = await plane.call('tom', 'POST', '/devices/printer/jobs', { operation: 'counters' });
    const id = String(body.id);
    const published = (state: string) =>
      until(`the event that the job is ${state}`, () => {
        const changes = events.flatMap((event) => (event.type === 'job' && event.job.id === id ? [event.job] : []));
        return changes.find((job) => job.state === state);
      });
    await published('requested');
    (await plane.agent.commanded(id, 'execute')).answer({});
    await published('executing');
    const result = [{ name: 'impressions', value: '7' }];
    (await plane.agent.commanded(id, 'next')).answer({ status: 'completed', result });
    expect(await published('succeeded')).toMatchObject({ result, deviceId: 'printer' });

    await plane.call('tom', 'POST', '/devices/printer/information');
    const known = await until('the information', () => events.find((event) => event.type === 'information'));
    expect(known).toMatchObject({ id: 'printer', condition: { state: 'stopped', severity: 'error' } });
  });
});
