import { randomUUID } from 'node:crypto';
import type { ScriptedAnswer } from '../../../../test/support/agent/scripted-agent';
import { announcedPrinter, ControlPlane } from '../../../../test/support/server/control-plane';
import vectors from '../../../../test/vectors/control-channel.json';
import { foundDeviceInView, page } from '../../../protocol/api';
import { announce, reportFound, reportInformation } from '../../../protocol/control-channel';
import { UNIDENTIFIED } from '../../../protocol/device-identity';
import { deviceInformation } from '../../../protocol/device-information';
import { foundDevice, type FoundDevice } from '../../../protocol/found-device';

const [SAMPLE] = vectors.reportFound.request.found;
const foundOf = (more: Partial<FoundDevice> = {}): FoundDevice =>
  foundDevice.parse({ ...SAMPLE, identity: { ...UNIDENTIFIED, serialNumber: 'PL0007' }, ...more });

describe('found devices', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await ControlPlane.start();
  });
  afterAll(() => plane?.stop());
  beforeEach(async () => {
    plane.agent.answers.delete('take-in-device');
    plane.agent.answers.set('acquire-information', { body: vectors.acquireInformation.response });
    await report([], []);
  });

  const report = (found: FoundDevice[], ids = found.map(({ id }) => id), mayTakeIn = true) =>
    plane.agent.ask(reportFound, { mayTakeIn, ids, found });
  const list = async (state = 'open') =>
    page(foundDeviceInView).parse((await plane.call('ada', 'GET', `/found-devices?state=${state}`)).body).rows;
  const serials = async () => (await list()).map(({ identity }) => identity.serialNumber);
  const takeIn = (id: string, deviceId = 'hall-2') =>
    plane.call('ada', 'POST', `/found-devices/${id}/device`, { deviceId, name: 'MFP', kind: 'mfp', location: 'Hall' });
  const asked = () => plane.agent.asked.filter(({ name }) => name === 'take-in-device').map(({ body }) => body);

  it('are those that the agent names, however often it reports them', async () => {
    const one = foundOf();
    const two = foundOf({ id: randomUUID(), identity: { ...UNIDENTIFIED, serialNumber: 'PL0008' } });
    for (const _again of [1, 2]) await report([one, two]);
    expect(await list()).toMatchObject([
      { agentId: 'box', online: true, mayTakeIn: true, dismissed: null, site: { name: 'Berlin' } },
      {},
    ]);
    await report([{ ...one, address: '192.168.1.99' }], [one.id], false);
    expect(await list()).toMatchObject([{ id: one.id, address: '192.168.1.99', mayTakeIn: false }]);
  });

  it.each([
    ['the serial number that it announced', { serialNumber: 'ann ounced-1' }],
    ['the serial number that it reported', { serialNumber: 'REPORTED-1' }],
    ['a UUID', { uuid: 'urn:uuid:1' }],
    ['a MAC address', { mac: '00:25:07:51:0e:ca' }],
  ])('are no devices of the same agent, by %s', async (_what, marks) => {
    const identity = { ...UNIDENTIFIED, serialNumber: '', uuid: 'urn:uuid:1', mac: '00:25:07:51:0e:ca' };
    const named = (serialNumber: string) => ({ ...identity, uuid: '', mac: '', serialNumber });
    const information = deviceInformation.parse(vectors.acquireInformation.response);
    const reported = { ...information, serialNumber: '', identity };
    const third = { ...information, serialNumber: 'REPORTED-1', identity: named('REPORTED-1') };
    const devices = ['printer', 'other', 'third'].map((id) => announcedPrinter(id));
    // the server asks for it after the announcement, perhaps after the reports below
    plane.agent.answers.set('acquire-information', ({ deviceId }) => ({
      body: deviceId === 'third' ? third : reported,
    }));
    await plane.agent.ask(announce, {
      agentVersion: '1',
      devices: [devices[0]!, { ...devices[1]!, serialNumber: 'Announced-1' }, devices[2]!],
    });
    await plane.agent.ask(reportInformation, { deviceId: 'printer', information: reported });
    await plane.agent.ask(reportInformation, { deviceId: 'third', information: third });
    const other = foundOf({ id: randomUUID(), identity: { ...UNIDENTIFIED, serialNumber: 'PL0009' } });
    await report([foundOf({ identity: { ...UNIDENTIFIED, ...marks } }), other]);
    expect(await serials()).toEqual(['PL0009']);
  });

  it('of another agent are not changed by their ID', async () => {
    const one = foundOf();
    await report([one]);
    const another = await plane.streamOf(await plane.enrol('other-agent'));
    await another.ask(reportFound, { mayTakeIn: true, ids: [one.id], found: [{ ...one, address: '10.0.0.1' }] });
    await another.ask(reportFound, { mayTakeIn: true, ids: [], found: [] });
    expect(await list()).toMatchObject([{ agentId: 'box', address: one.address }]);
    await another.leave();
  });

  it('are dismissed as long as the agent names them, and restored', async () => {
    const one = foundOf();
    await report([one]);
    expect((await plane.call('ada', 'PUT', `/found-devices/${one.id}/dismissal`)).status).toBe(204);
    await report([one]);
    expect(await list()).toEqual([]);
    expect(await list('dismissed')).toMatchObject([{ id: one.id, dismissed: { by: 'ada' } }]);
    await plane.call('ada', 'DELETE', `/found-devices/${one.id}/dismissal`);
    expect(await serials()).toEqual(['PL0007']);
  });

  it('are taken in by their agent, which may announce them from then on', async () => {
    const site = plane.siteId;
    await plane.call('ada', 'PATCH', '/agents/box', { deviceIds: ['printer'] });
    await plane.agent.wire.closed;
    await plane.connectAgent();
    const one = foundOf();
    await report([one]);
    expect((await takeIn(one.id)).status).toBe(204);
    expect(asked()).toEqual([{ deviceId: 'hall-2', name: 'MFP', kind: 'mfp', location: 'Hall', foundId: one.id }]);
    expect(await list()).toEqual([]);
    const devices = [announcedPrinter('printer'), announcedPrinter('hall-2')];
    expect(await plane.agent.ask(announce, { agentVersion: '1', devices })).toEqual({ refused: [] });
    expect((await plane.call('tom', 'GET', '/devices/hall-2')).body).toMatchObject({ site: { id: site } });
    expect((await takeIn(one.id)).body).toMatchObject({ code: 'not-found' });
    const { rows } = (await plane.call('ada', 'GET', '/audit')).body as { rows: object[] };
    expect(rows[0]).toMatchObject({ action: 'device.taken-in', target: 'hall-2' });

    const two = foundOf({ id: randomUUID(), identity: { ...UNIDENTIFIED, serialNumber: 'PL0008' } });
    await report([two]);
    expect((await takeIn(two.id)).body).toMatchObject({
      code: 'conflict',
      detail: 'There is a device hall-2 already.',
    });
  });

  it('stay if the agent refuses them', async () => {
    const one = foundOf();
    await report([one]);
    plane.agent.answers.set('take-in-device', { problem: 'wrong-state', detail: 'another device answers' });
    expect((await takeIn(one.id, 'hall-3')).body).toMatchObject({
      code: 'wrong-state',
      detail: 'another device answers',
    });
    expect(await serials()).toEqual(['PL0007']);
  });

  describe('of two agents of one site', () => {
    const one = foundOf();
    const two = foundOf({ id: randomUUID(), address: '10.0.0.7' });
    let other: Awaited<ReturnType<ControlPlane['streamOf']>>;
    const both = async () => {
      await report([one]);
      await other.ask(reportFound, { mayTakeIn: true, ids: [two.id], found: [two] });
    };
    beforeAll(async () => {
      other = await plane.streamOf(await plane.enrol('spare'));
      other.answers.set('acquire-information', { body: vectors.acquireInformation.response });
    });
    afterAll(async () => {
      await other.leave();
      await plane.call('ada', 'DELETE', '/agents/spare');
    });

    it('are listed once, and dismissed for both', async () => {
      await both();
      const [listed, ...rest] = await list();
      expect(rest).toEqual([]);
      expect([listed!.agentId, ...listed!.alsoFoundBy.map(({ agentId }) => agentId)].sort()).toEqual(['box', 'spare']);
      await plane.call('ada', 'PUT', `/found-devices/${one.id}/dismissal`);
      expect(await list()).toEqual([]);
      expect(await list('dismissed')).toMatchObject([{ alsoFoundBy: [{}] }]);
      // also what an agent finds later
      await other.ask(reportFound, { mayTakeIn: true, ids: [], found: [] });
      await both();
      expect(await list()).toEqual([]);
      await plane.call('ada', 'DELETE', `/found-devices/${two.id}/dismissal`);
      expect(await list()).toMatchObject([{ alsoFoundBy: [{}] }]);
    });

    it('are taken in once, by the agent that is chosen', async () => {
      await both();
      const takenIn = () => other.asked.filter(({ name }) => name === 'take-in-device').map(({ body }) => body);
      // the first one is not over before the second one begins
      let answer = (_: ScriptedAnswer): void => undefined;
      const held = new Promise<ScriptedAnswer>((resolve) => (answer = resolve));
      for (const agent of [plane.agent, other]) agent.answers.set('take-in-device', held);
      const taking = [takeIn(two.id, 'spare-1'), takeIn(one.id, 'spare-2')];
      await Promise.race(taking);
      answer({ body: {} });
      other.answers.delete('take-in-device');
      const results = await Promise.all(taking);
      const codes = results.map(({ status }) => status).sort();
      expect(codes).toEqual([204, 409]);
      expect(await list()).toEqual([]);
      if (takenIn().length === 0) return; // the other one was first
      expect(takenIn()).toMatchObject([{ deviceId: 'spare-1', foundId: two.id }]);
    });

    it('are not proposed or taken in when one of them serves the device', async () => {
      await both();
      const identity = { ...UNIDENTIFIED, serialNumber: 'PL0007' };
      await other.ask(announce, {
        agentVersion: '1',
        devices: [{ ...announcedPrinter('spare-3'), serialNumber: identity.serialNumber }],
      });
      expect((await takeIn(one.id, 'hall-9')).body).toMatchObject({
        code: 'conflict',
        detail: 'It is the device spare-3, which agent spare serves.',
      });
      await both();
      expect(await list()).toEqual([]);
    });
  });

  it('are removed with their agent', async () => {
    const account = await plane.enrol('short-lived');
    const stream = await plane.streamOf(account);
    const one = foundOf({ id: randomUUID() });
    await stream.ask(reportFound, { mayTakeIn: true, ids: [one.id], found: [one] });
    expect(await serials()).toEqual(['PL0007']);
    await plane.call('ada', 'DELETE', '/agents/short-lived');
    expect(await list()).toEqual([]);
  });
});
