import { z } from 'zod';
import {
  acquiredInformation,
  agent,
  auditEvent,
  createdEnrolment,
  openEnrolment,
  deniedAccess,
  device,
  identityState,
  lastAgentCheck,
  page,
  reportedConditions,
} from '../../src/protocol/api';
import { deviceNotes, NO_NOTES } from '../../src/protocol/device-notes';
import {
  announce,
  enrolment,
  reportConditions,
  reportDenials,
  reportInformation,
} from '../../src/protocol/control-channel';
import { UNIDENTIFIED, type DeviceIdentity } from '../../src/protocol/device-identity';
import { deviceInformation } from '../../src/protocol/device-information';
import type { ScriptedAnswer } from '../support/agent/scripted-agent';
import { announcedPrinter } from '../support/server/control-plane';
import { itRefuses, UNKNOWN_ID, type RestApi } from '../support/server/rest-api';
import { until } from '../support/until';
import vectors from '../vectors/control-channel.json';

const PL1: DeviceIdentity = { ...UNIDENTIFIED, serialNumber: 'PL1' };
const PL2: DeviceIdentity = { ...UNIDENTIFIED, serialNumber: 'PL2' };

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

    it('codes that have not been used are listed, and revoked', async () => {
      const site = await api().plane.addSite(await api().plane.addCustomer('Gate & Co'), 'Gate');
      const body = { agentId: 'gate', siteId: site, deviceIds: ['gate-*'] };
      const { ticket, expiresAt } = await api().answers(
        'ada',
        'POST /api/enrolment-codes',
        createdEnrolment,
        { body },
        201,
      );
      const open = () => api().answers('ada', 'GET /api/enrolment-codes', z.array(openEnrolment));
      const code = (await open()).find(({ agentId }) => agentId === 'gate')!;
      expect(code).toMatchObject({ site: { name: 'Gate' }, deviceIds: ['gate-*'], expiresAt });
      const params = { id: code.id };
      await api().succeeds('ada', 'DELETE /api/enrolment-codes/:id', { params });
      expect((await open()).filter(({ agentId }) => agentId === 'gate')).toEqual([]);
      await api().refuses('ada', 'DELETE /api/enrolment-codes/:id', '404 not-found', { params });
      const used = { body: { code: ticket.split('.')[0]! } };
      await api().refuses('anonymous', 'POST /api/enrolment', '403 code-refused', used);
    });

    it('are enrolled with a code, once, and removed', async () => {
      const siteId = await api().plane.addSite(await api().plane.addCustomer('Hall & Co'), 'Hall');
      const body = { agentId: 'hall', siteId, deviceIds: ['hall-*', 'lobby'] };
      const created = await api().answers('ada', 'POST /api/enrolment-codes', createdEnrolment, { body }, 201);
      expect(created).toMatchObject({ agentId: 'hall' });
      const enrol = { body: { code: created.ticket.split('.')[0]! } };
      const account = await api().answers('anonymous', 'POST /api/enrolment', enrolment, enrol);
      expect(account).toMatchObject({ agentId: 'hall', pin: created.ticket.split('.')[1] });
      await api().refuses('anonymous', 'POST /api/enrolment', '403 code-refused', enrol);
      expect(await list()).toContainEqual(expect.objectContaining({ id: 'hall', online: false, lastSeenAt: null }));
      const params = { id: 'hall' };
      await api().succeeds('ada', 'DELETE /api/agents/:id/installation', { params });
      const other = await api().plane.addSite(await api().plane.addCustomer('Yard & Co'), 'Yard');
      await api().succeeds('ada', 'PATCH /api/agents/:id', { params, body: { siteId: other } });
      const site = { id: other, name: 'Yard', customerName: 'Yard & Co' };
      expect(await list()).toContainEqual(
        expect.objectContaining({ id: 'hall', site, deviceIds: ['hall-*', 'lobby'] }),
      );
      await api().succeeds('ada', 'PATCH /api/agents/:id', { params, body: { deviceIds: ['yard-*'] } });
      expect(await list()).toContainEqual(expect.objectContaining({ id: 'hall', site, deviceIds: ['yard-*'] }));
      for (const wrong of [{}, { deviceIds: ['Yard'] }, { deviceIds: ['*-yard'] }])
        await api().refuses('ada', 'PATCH /api/agents/:id', '400 invalid-request', { params, body: wrong });
      const unknown = { params: { id: 'x' }, body: { siteId: other } };
      await api().refuses('ada', 'PATCH /api/agents/:id', '404 not-found', unknown);
      await api().refuses('ada', 'PATCH /api/agents/:id', '404 not-found', { params, body: { siteId: UNKNOWN_ID } });
      await api().succeeds('ada', 'DELETE /api/agents/:id', { params });
      expect((await list()).map(({ id }) => id)).not.toContain('hall');
      await api().refuses('ada', 'DELETE /api/agents/:id', '404 not-found', { params });
      await api().refuses('ada', 'DELETE /api/agents/:id/installation', '404 not-found', { params });
    });

    it('check their connections on request, one check at a time, device by device', async () => {
      const { plane } = api();
      const agentStream = await plane.streamOf(await plane.enrol('checked'));
      await agentStream.ask(announce, { agentVersion: '1', devices: ['near', 'far'].map(announcedPrinter) });
      const params = { id: 'checked' };
      const last = async () =>
        (await api().answers('ada', 'GET /api/agents/:id/check', lastAgentCheck, { params })).check;
      expect(await last()).toBeNull();
      let answer = (_answer: ScriptedAnswer): void => undefined;
      agentStream.answers.set('check-connections', new Promise((resolve) => (answer = resolve)));
      const started = await api().answers('ada', 'POST /api/agents/:id/check', lastAgentCheck, { params }, 202);
      expect(started.check).toMatchObject({ endedAt: null, findings: [] });
      await api().refuses('ada', 'POST /api/agents/:id/check', '409 wrong-state', { params });
      answer({ body: { findings: [{ subject: 'some', isProblem: false, text: 'works' }] } });
      await until('the check to end', async () => (await last())?.endedAt);
      const asked = agentStream.asked
        .filter(({ name }) => name === 'check-connections')
        .map(({ body }) => body.deviceId);
      expect(asked[0]).toBeNull();
      expect(asked.slice(1).sort()).toEqual(['far', 'near']);
      expect((await last())?.findings).toEqual(
        Array.from({ length: 3 }, () => ({ subject: 'some', isProblem: false, text: 'works' })),
      );
      expect(await api().pages('ada', 'GET /api/audit', auditEvent)).toContainEqual(
        expect.objectContaining({ action: 'agent.checked', target: 'checked' }),
      );
      // of an earlier version
      agentStream.answers.set('check-connections', { problem: 'unknown-device' });
      await api().answers('ada', 'POST /api/agents/:id/check', lastAgentCheck, { params }, 202);
      await until('the check to end', async () => (await last())?.endedAt);
      expect((await last())?.findings[0]).toMatchObject({ subject: 'server', isProblem: true });
      await agentStream.leave();
      await until('the agent to be offline', async () => !(await list()).find(({ id }) => id === 'checked')?.online);
      await api().refuses('ada', 'POST /api/agents/:id/check', '409 device-offline', { params });
      for (const route of ['GET /api/agents/:id/check', 'POST /api/agents/:id/check'] as const)
        await api().refuses('ada', route, '404 not-found', { params: { id: 'none' } });
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
      [
        'a new agent without a site',
        'ada',
        'POST /api/enrolment-codes',
        '400 invalid-request',
        { body: { agentId: 'new', deviceIds: ['new'] } },
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

    it('are replaced only after an administrator has decided', async () => {
      const { agent: stream } = api().plane;
      const route = 'POST /api/devices/:id/identity';
      const body = { as: 'new-board', found: null };
      await api().refuses('ada', route, '409 wrong-state', { ...printer, body });
      const information = deviceInformation.parse(vectors.acquireInformation.response);
      const report = (identity: DeviceIdentity) =>
        stream.ask(reportInformation, { deviceId: 'printer', information: { ...information, identity } });
      await report(PL1);
      await report(PL2);
      const state = () => api().answers('tom', 'GET /api/devices/:id/identity', identityState, printer);
      const question = { kind: 'other-device', expected: PL1, found: PL2, deviceId: null };
      expect(await state()).toEqual({ identity: PL1, question, replacements: [] });
      for (const found of [null, PL1])
        await api().refuses('ada', route, '409 wrong-state', { ...printer, body: { ...body, found } });
      stream.answers.set('acquire-information', { body: { ...information, identity: PL2 } });
      const decided = await api().answers('ada', route, identityState, { ...printer, body: { ...body, found: PL2 } });
      const { counters } = information;
      expect(decided).toMatchObject({
        ...{ identity: PL2, question: null },
        replacements: [{ as: 'new-board', before: PL1, after: PL2, counters, by: 'ada' }],
      });
      expect(await state()).toEqual(decided);
      expect(await api().pages('ada', 'GET /api/audit', auditEvent)).toContainEqual(
        expect.objectContaining({ action: 'device.board-replaced', target: 'printer', detail: 'PL2' }),
      );
    });

    it('show the access conditions and denials that their agent reports', async () => {
      const { conditions } = reportConditions.request.parse(vectors.reportConditions.request);
      const ofPrinter = conditions.map((each) => ({ ...each, deviceId: 'printer' }));
      const { denials } = reportDenials.request.parse(vectors.reportDenials.request);
      const { agent: stream } = api().plane;
      await stream.ask(reportConditions, { deviceId: 'printer', conditions: ofPrinter });
      await stream.ask(reportDenials, { deviceId: 'printer', denials });
      const known = await api().answers('tom', 'GET /api/devices/:id/conditions', reportedConditions, printer);
      expect(known.conditions).toEqual(ofPrinter);
      const { rows } = await api().answers('tom', 'GET /api/devices/:id/denials', page(deniedAccess), printer);
      expect(rows).toMatchObject(denials);
    });

    const noted = {
      text: 'The fuser was replaced in May.\nAsk for the key at the reception.',
      links: [{ title: 'Contract', url: 'https://erp.example/contracts/4711' }],
      ...{ contractNumber: 'C-4711', assetTag: 'A-0815', location: 'Second floor, beside the lift' },
    };
    it('have notes, which two people do not overwrite', async () => {
      const read = () => api().answers('tess', 'GET /api/devices/:id/notes', deviceNotes, printer);
      const write = (body: object) => ({ ...printer, body });
      expect(await read()).toEqual(NO_NOTES);
      const first = write({ ...noted, version: 0 });
      const stored = await api().answers('tom', 'PUT /api/devices/:id/notes', deviceNotes, first);
      expect(stored).toMatchObject({ ...noted, version: 1, changedBy: 'TOM' });
      expect(await read()).toEqual(stored);
      await api().refuses('tess', 'PUT /api/devices/:id/notes', '409 outdated', first);
      const second = write({ ...noted, text: '', version: 1 });
      expect(await api().answers('tess', 'PUT /api/devices/:id/notes', deviceNotes, second)).toMatchObject({
        version: 2,
        text: '',
      });
      const { rows } = await api().answers('ada', 'GET /api/audit', page(auditEvent));
      const about = rows.filter(({ action, target }) => action === 'device.notes-changed' && target === 'printer');
      expect(about.map(({ detail }) => detail)).toEqual([
        'fields text',
        'fields text links contractNumber assetTag location',
      ]);
    });

    const linkTo = (url: string) => ({ ...printer, body: { ...noted, version: 2, links: [{ title: 'x', url }] } });
    it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '//host', 'https://ada:secret@host/'])(
      'have no note with a link to %s',
      async (url) => {
        const refused = await api().refuses('tom', 'PUT /api/devices/:id/notes', '400 invalid-request', linkTo(url));
        expect(refused.errors?.map(({ path }) => path)).toEqual(['links.0.url']);
      },
    );

    it('have their access conditions changed by no route', async () => {
      const about = api().routes.filter((route) => /condition|denial/.test(route));
      expect(about.sort()).toEqual(['GET /api/devices/:id/conditions', 'GET /api/devices/:id/denials']);
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await api().call('ada', `${method} /api/devices/:id/conditions`, { ...printer, body: {} });
        expect(answer.status).toBe(404);
      }
    });

    const unknown = { params: { id: 'no-such-device' } };
    const decision = { as: 'new-board', found: null };
    itRefuses(api, [
      ['conditions of an unknown device', 'tom', 'GET /api/devices/:id/conditions', '404 unknown-device', unknown],
      ['denials of an unknown device', 'tom', 'GET /api/devices/:id/denials', '404 unknown-device', unknown],
      ['the identity of an unknown device', 'tom', 'GET /api/devices/:id/identity', '404 unknown-device', unknown],
      [
        'to decide about an unknown device',
        'ada',
        'POST /api/devices/:id/identity',
        '404 unknown-device',
        { ...unknown, body: decision },
      ],
      [
        'to decide about a device that is offline',
        'ada',
        'POST /api/devices/:id/identity',
        '409 device-offline',
        { params: { id: 'away' }, body: decision },
      ],
      [
        'a decision that is none',
        'ada',
        'POST /api/devices/:id/identity',
        '400 invalid-request',
        { ...printer, body: { as: 'something' } },
      ],
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
