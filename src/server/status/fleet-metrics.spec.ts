import { ControlPlane } from '../../../test/support/server/control-plane';
import { until } from '../../../test/support/until';

describe('the metrics of the fleet', () => {
  let plane: ControlPlane;
  beforeAll(async () => (plane = await ControlPlane.start()));
  afterAll(() => plane?.stop());

  const metrics = async (): Promise<string[]> => (await (await fetch(`${plane.url}/metrics`)).text()).split('\n');

  it('count agents, devices, relays, sessions and jobs', async () => {
    await plane.enrol('away');
    await plane.established();
    const lines = await metrics();
    for (const line of [
      'platen_agents 2',
      'platen_agents_online 1',
      'platen_control_channel_up 1',
      'platen_devices 1',
      'platen_relay_runs{relay="local",standing="serving"} 1',
      'platen_sessions{state="established"} 1',
      'platen_sessions{state="requested"} 0',
      'platen_jobs{state="held"} 0',
      'platen_campaigns{state="running"} 0',
      'platen_campaign_devices{state="waiting"} 0',
    ])
      expect(lines).toContain(line);
  });

  it('follow a connection that ends', async () => {
    await plane.agent.leave();
    await until('the agent is offline', async () => (await metrics()).includes('platen_agents_online 0'));
    await plane.relay.leave();
    await until(
      'no relay is connected',
      async () => !(await metrics()).some((line) => line.startsWith('platen_relay_runs{')),
    );
  });
});
