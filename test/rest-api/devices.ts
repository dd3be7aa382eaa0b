import { z } from 'zod';
import { acquiredInformation, agent, createdEnrolment, device } from '../../src/protocol/api';
import { announce, enrolment } from '../../src/protocol/control-channel';
import { announcedPrinter } from '../support/server/control-plane';
import { itRefuses, type RestApi } from '../support/server/rest-api';
import { until } from '../support/until';

/** A device whose agent has been enrolled and announced it, and is no longer connected. */
export async function offlineDevice(api: RestApi, deviceId: string): Promise<void> {
  const { plane } = api;
  const { agentId } = await plane.enrol(`agent-of-${deviceId}`).then(async (account) => {
    const stream = await plane.streamOf(account);
    await stream.ask(announce, { agentVersion: '1', devices: [announcedPrinter(deviceId)] });
    await stream.leave();
    return account;
  });
  const agents = () => api.answers('ada', 'GET /api/agents', z.array(agent));
  await until(`${agentId} to be offline`, async () => !(await agents()).find(({ id }) => id === agentId)?.online);
}

export function describeAgents(api: () => RestApi): void {
  describe('agents', () => {
    const list = () => api().answers('ada', 'GET /api/agents', z.array(agent));

    it('are enrolled with a code, once, and removed', async () => {
      const body = { agentId: 'hall' };
      const created = await api().answers('ada', 'POST /api/enrolment-codes', createdEnrolment, { body }, 201);
      expect(created).toMatchObject({ agentId: 'hall' });
      const enrol = { body: { code: created.ticket.split('.')[0]! } };
      const account = await api().answers('anonymous', 'POST /api/enrolment', enrolment, enrol);
      expect(account).toMatchObject({ agentId: 'hall', pin: created.ticket.split('.')[1] });
      await api().refuses('anonymous', 'POST /api/enrolment', '403 code-refused', enrol);
      expect(await list()).toContainEqual(expect.objectContaining({ id: 'hall', online: false, lastSeenAt: null }));
      const params = { id: 'hall' };
      await api().succeeds('ada', 'DELETE /api/agents/:id', { params });
      expect((await list()).map(({ id }) => id)).not.toContain('hall');
      await api().refuses('ada', 'DELETE /api/agents/:id', '404 not-found', { params });
    });

    itRefuses(api, [
      ['an unknown code', 'anonymous', 'POST /api/enrolment', '403 code-refused', { body: { code: 'x'.repeat(43) } }],
      ['text that is no code', 'anonymous', 'POST /api/enrolment', '400 invalid-request', { body: { code: 'short' } }],
      [
        'an agent ID with blanks',
        'ada',
        'POST /api/enrolment-codes',
        '400 invalid-request',
        { body: { agentId: 'copy room' } },
      ],
      ['a code for a technician', 'tom', 'POST /api/enrolment-codes', '403 forbidden', { body: { agentId: 'hall' } }],
    ]);
  });
}

export function describeDevices(api: () => RestApi): void {
  describe('devices', () => {
    beforeAll(() => offlineDevice(api(), 'away'));
    const printer = { params: { id: 'printer' } };

    it('are listed in pages, by ID', async () => {
      const rows = await api().pages('tom', 'GET /api/devices', device);
      expect(rows.map(({ id }) => id)).toEqual(rows.map(({ id }) => id).sort());
      expect(rows).toContainEqual(expect.objectContaining({ id: 'away', online: false, asleep: false }));
    });

    it('are shown one by one', async () => {
      const shown = await api().answers('tom', 'GET /api/devices/:id', device, printer);
      expect(shown).toMatchObject({ id: 'printer', agentId: 'box', online: true });
    });

    it('have their information acquired, and keep it', async () => {
      const acquired = await api().answers('tom', 'POST /api/devices/:id/information', acquiredInformation, printer);
      expect(acquired.decision).toMatchObject({ update: true, reason: 'requested', outcome: 'acquired' });
      const stored = await api().answers('tom', 'GET /api/devices/:id/information', acquiredInformation, printer);
      expect(stored).toEqual(acquired);
    });

    const unknown = { params: { id: 'no-such-device' } };
    itRefuses(api, [
      ['an unknown device', 'tom', 'GET /api/devices/:id', '404 unknown-device', unknown],
      ['information of an unknown device', 'tom', 'GET /api/devices/:id/information', '404 unknown-device', unknown],
      ['to ask an unknown device', 'tom', 'POST /api/devices/:id/information', '404 unknown-device', unknown],
      [
        'to ask a device that is offline',
        'tom',
        'POST /api/devices/:id/information',
        '409 device-offline',
        { params: { id: 'away' } },
      ],
      ['a page of no rows', 'tom', 'GET /api/devices', '400 invalid-request', { query: { limit: 0 } }],
    ]);
  });
}
