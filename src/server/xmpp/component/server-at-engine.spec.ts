import { join } from 'node:path';
import { ControlPlane } from '../../../../test/support/server/control-plane';
import { until } from '../../../../test/support/until';
import { DOMAIN } from '../../../../test/support/xmpp/control-channel';
import type { XmppEngine } from '../../../../test/support/xmpp/engines/engine';
import { ENGINES } from '../../../../test/support/xmpp/servers';

describe.each(Object.entries(ENGINES))('the server with agents at %s', (_name, startEngine) => {
  let engine: XmppEngine;
  let plane: ControlPlane;
  beforeAll(async () => {
    engine = await startEngine(DOMAIN);
    plane = await ControlPlane.start({
      PLATEN_XMPP_COMPONENT: `127.0.0.1:${engine.prepared.componentPort}`,
      PLATEN_XMPP_COMPONENT_SECRET_FILE: join(engine.prepared.folder, 'secret'),
      PLATEN_XMPP_DOMAIN: DOMAIN,
      PLATEN_XMPP_PORT: String(engine.port),
    });
  });
  afterAll(async () => {
    await plane?.stop();
    await engine.stop();
  });

  const ready = async () => {
    const response = await fetch(`${plane.url}/readyz`);
    return { status: response.status, body: (await response.json()) as { error: Record<string, unknown> } };
  };
  const metrics = async () => (await fetch(`${plane.url}/metrics`)).text();
  const isShownOnline = async () => {
    const { body } = await plane.call('tom', 'GET', '/devices/printer');
    return body.online;
  };

  it('has sessions from the request to the end', async () => {
    expect((await ready()).status).toBe(200);
    expect(await isShownOnline()).toBe(true);
    const { id, link } = await plane.established();
    for (const half of ['terminal', 'device'] as const) await plane.relay.end(link, half, 'lost');
    await plane.reaches(id, 'ended');
  });

  it('continues without the engine, and says that it is away', async () => {
    await engine.kill();
    await until('the server to notice', async () => (await ready()).status === 503);
    expect(Object.keys((await ready()).body.error)).toEqual(['xmpp-engine']);
    expect(await metrics()).toContain('platen_control_channel_up 0');
    expect(await isShownOnline()).toBe(false);
    expect((await plane.ask('tom')).body.code).toBe('device-offline');
    await engine.boot();
    await until('the server to be connected again', async () => (await ready()).status === 200);
    await plane.connectAgent();
    expect(await isShownOnline()).toBe(true);
  });

  it('closes the stream of an agent that is removed, and refuses its next login', async () => {
    const account = await plane.enrol('shed');
    const agent = await plane.streamOf(account);
    expect((await plane.call('ada', 'DELETE', '/agents/shed')).status).toBe(204);
    await agent.wire.closed;
    await expect(plane.streamOf(account)).rejects.toThrow('account-disabled');
  });
});
