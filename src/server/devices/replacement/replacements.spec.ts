import { ControlPlane } from '../../../../test/support/server/control-plane';
import { until } from '../../../../test/support/until';
import vectors from '../../../../test/vectors/control-channel.json';
import { identityState } from '../../../protocol/api';
import { reportInformation } from '../../../protocol/control-channel';
import { UNIDENTIFIED, type DeviceIdentity } from '../../../protocol/device-identity';
import { deviceInformation, type DeviceInformation } from '../../../protocol/device-information';
import { LIMITS } from '../../../protocol/limits';
import { job } from '../../../protocol/maintenance';
import { meterReport } from '../../../protocol/meter-report';
import { readings, type Readings } from '../../../protocol/readings';

const A: DeviceIdentity = { ...UNIDENTIFIED, serialNumber: 'A-1' };
const B: DeviceIdentity = { ...UNIDENTIFIED, serialNumber: 'B-2' };
const SAMPLE: DeviceInformation = {
  ...deviceInformation.parse(vectors.acquireInformation.response),
  sources: { counters: { impressions: 'snmp' } },
};
const OTHER = 'the device at this address has the serial number "B-2" instead of "A-1"';

describe('a device that another one has replaced', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await ControlPlane.start();
  });
  afterAll(() => plane?.stop());
  beforeEach(async () => {
    plane.agent.answers.delete('accept-identity');
    await plane.clear();
    await plane.write('DELETE FROM device_information');
    await plane.write('DELETE FROM device_replacements');
    await finds({ ...SAMPLE, identity: A });
  });

  /** The agent finds this device, and reports it. */
  const finds = async (information: DeviceInformation): Promise<void> => {
    plane.agent.answers.set('acquire-information', { body: information });
    expect(await plane.agent.ask(reportInformation, { deviceId: 'printer', information })).toEqual({});
  };
  const state = async () => identityState.parse((await plane.call('tom', 'GET', '/devices/printer/identity')).body);
  const decide = (as: string, found: DeviceIdentity | null) =>
    plane.call('ada', 'POST', '/devices/printer/identity', { as, found });
  const accepted = () => plane.agent.asked.filter(({ name }) => name === 'accept-identity').map(({ body }) => body);
  /** As agents report it that know the device that they expect. */
  const otherDevice = { expected: A, found: B };
  const refused = (more = {}): DeviceInformation => ({
    ...SAMPLE,
    identity: A,
    reached: false,
    problem: { code: 'other-device', detail: OTHER, otherDevice: { ...otherDevice, ...more } },
  });

  it.each([
    ['an agent that knows the earlier one', refused()],
    ['an agent that has forgotten the earlier one', { ...SAMPLE, identity: B }],
  ])('is asked about, of %s', async (_what, information) => {
    await finds(information);
    expect((await state()).question).toEqual({ kind: 'other-device', ...otherDevice, deviceId: null });
    const { body } = await plane.call('tom', 'GET', '/devices/printer');
    expect(body).toMatchObject({ condition: { reached: false, problem: 'other-device' } });

    const before = accepted().length;
    plane.agent.answers.set('accept-identity', { problem: 'wrong-state', detail: 'the configuration' });
    expect((await decide('another-device', B)).body).toMatchObject({
      code: 'wrong-state',
      detail: 'the configuration',
    });
    expect((await state()).replacements).toEqual([]);

    plane.agent.answers.delete('accept-identity');
    plane.agent.answers.set('acquire-information', { body: { ...SAMPLE, identity: B } });
    expect((await decide('another-device', B)).status).toBe(200);
    expect(accepted().slice(before + 1)).toEqual([{ deviceId: 'printer', identity: B }]);
    expect(await state()).toMatchObject({
      ...{ identity: B, question: null },
      replacements: [{ as: 'another-device', before: A, after: B, counters: SAMPLE.counters, by: 'ada' }],
    });
    expect((await decide('another-device', B)).body).toMatchObject({ code: 'wrong-state' });
  });

  it('is not replaced by a device of the same agent, which has its address', async () => {
    await finds(refused({ deviceId: 'printer-2' }));
    expect((await state()).question).toMatchObject({ deviceId: 'printer-2' });
    expect((await decide('another-device', B)).body).toMatchObject({ code: 'wrong-state' });
    expect(await state()).toMatchObject({ identity: A, replacements: [] });
  });

  it('gets no session and no job', async () => {
    await finds({ ...SAMPLE, identity: B });
    const id = String((await plane.ask('tom')).body.id);
    const ended = await until('the end of the session', async () => {
      const session = await plane.session(id);
      return session.state === 'ended' && session;
    });
    expect(ended).toMatchObject({ ending: 'failed', detail: OTHER });
    const sent = plane.agent.asked.filter(({ name }) => name === 'request-approval');
    expect(sent.filter(({ body }) => body.remoteSessionId === id)).toEqual([]);

    const asked = (await plane.call('tom', 'POST', '/devices/printer/jobs', { operation: 'restart' })).body;
    const failed = await until('the end of the job', async () => {
      const known = job.parse((await plane.call('tom', 'GET', `/jobs/${String(asked.id)}`)).body);
      return known.state === 'failed' && known;
    });
    expect(failed).toMatchObject({ failure: 'other-device', detail: OTHER });
    expect(plane.agent.commands.filter(({ jobId }) => jobId === asked.id)).toEqual([]);

    // it is back
    plane.agent.answers.set('acquire-information', { body: { ...SAMPLE, identity: A } });
    const next = await plane.requested();
    await plane.call('tom', 'POST', `/sessions/${next}/termination`);
  });

  it('is asked about once if its life counter goes back, and continues meanwhile', async () => {
    const counters = { impressions: 12, copies: 3 };
    const earlier = { impressions: 90_000, copies: 500 };
    await plane.write('DELETE FROM metered_devices');
    await plane.write('DELETE FROM meter_jumps');
    await finds({ ...SAMPLE, identity: A, counters: earlier });
    await read(({ readings: all }) => all.at(-1)?.counters?.copies === 500);
    // of several readings within minutes, the last one stays
    await plane.write('UPDATE readings SET at = at - 3600000');
    await finds({ ...SAMPLE, identity: A, counters });
    const { question } = await until('the question', async () => {
      const known = await state();
      return known.question !== null && known;
    });
    expect(question).toMatchObject({ kind: 'counters-back', before: earlier, after: counters });
    const before = accepted().length;
    expect((await decide('new-board', null)).status).toBe(200);
    expect(accepted()).toHaveLength(before);
    expect(await state()).toMatchObject({
      ...{ identity: A, question: null },
      replacements: [{ as: 'new-board', before: A, after: A, counters: earlier }],
    });
    // in the report and in the plots, what the new board counts comes on top
    const { jumps } = await read(({ jumps: all }) => all.length === 2 && all.every(({ offset }) => offset !== null));
    const entered = jumps.map(({ counter, offset, reason, enteredBy }) =>
      [counter, offset, reason, enteredBy].join(' '),
    );
    expect(entered.sort()).toEqual(['copies 500 new board ADA', 'impressions 90000 new board ADA']);
    const day = new Date().toISOString().slice(0, 10);
    const { body } = await plane.call('ada', 'GET', `/meter-report?from=${day}&to=${day}`);
    const reported = meterReport.parse(body).devices.find(({ deviceId }) => deviceId === 'printer');
    expect(reported?.meters).toContainEqual(expect.objectContaining({ counter: 'impressions', offset: 90_000 }));
  });

  it('is not asked about any more when somebody has entered the offset', async () => {
    await plane.write('DELETE FROM metered_devices');
    await plane.write('DELETE FROM meter_jumps');
    await finds({ ...SAMPLE, identity: A, counters: { impressions: 90_000 } });
    await read(({ readings: all }) => all.at(-1)?.counters?.impressions === 90_000);
    await finds({ ...SAMPLE, identity: A, counters: { impressions: 12 } });
    await until('the question', async () => (await state()).question !== null);
    const { jumps } = await read(({ jumps: all }) => all.length === 1);
    const body = { offset: 89_988, reason: 'reset at the device' };
    expect((await plane.call('tom', 'PUT', `/meter-jumps/${jumps[0]!.id}/offset`, body)).status).toBe(204);
    expect((await state()).question).toBeNull();
  });

  it('is not asked about if its counter is as it was soon', async () => {
    await plane.write('DELETE FROM metered_devices');
    await plane.write('DELETE FROM meter_jumps');
    for (const impressions of [90_000, 0]) {
      await finds({ ...SAMPLE, identity: A, counters: { impressions } });
      await read(({ readings: all }) => all.at(-1)?.counters?.impressions === impressions);
    }
    await until('the question', async () => (await state()).question !== null);
    await finds({ ...SAMPLE, identity: A, counters: { impressions: 90_010 } });
    await until('that it is withdrawn', async () => (await state()).question === null);
    await read(({ jumps }) => jumps.length === 0);
  });

  /** The readings of the device, once they are right. */
  const read = (isRight: (known: Readings) => boolean) =>
    until('the readings', async () => {
      const period = `from=2020-01-01T00:00:00Z&to=2040-01-01T00:00:00Z&points=${LIMITS.READING_POINTS}`;
      const known = readings.parse((await plane.call('tom', 'GET', `/devices/printer/readings?${period}`)).body);
      return isRight(known) && known;
    });
});
