import { randomUUID } from 'node:crypto';
import { foundDeviceInView } from '../../src/protocol/api';
import { reportFound } from '../../src/protocol/control-channel';
import { foundDevice } from '../../src/protocol/found-device';
import { UNIDENTIFIED } from '../../src/protocol/device-identity';
import { LIMITS } from '../../src/protocol/limits';
import { itRefuses, UNKNOWN_ID, type RestApi } from '../support/server/rest-api';
import vectors from '../vectors/control-channel.json';

const LIST = 'GET /api/found-devices';
const TAKE_IN = 'POST /api/found-devices/:id/device';
const DISMISSAL = '/api/found-devices/:id/dismissal';
const body = { deviceId: 'found-1', name: 'MFP', kind: 'mfp', location: 'Hall' };

export function describeFoundDevices(api: () => RestApi): void {
  describe('found devices', () => {
    it('are listed in pages, dismissed, restored and taken in', async () => {
      const { agent } = api().plane;
      const found = Array.from({ length: LIMITS.FOUND_DEVICES_PER_REPORT }, (_, n) =>
        foundDevice.parse({
          ...vectors.reportFound.request.found[0],
          ...{ id: randomUUID(), identity: { ...UNIDENTIFIED, serialNumber: `F-${n}` }, address: `192.168.1.${n + 1}` },
        }),
      );
      await agent.ask(reportFound, { mayTakeIn: true, ids: found.map(({ id }) => id), found });
      expect(await api().pages('ada', LIST, foundDeviceInView)).toHaveLength(found.length);
      const [first, second] = found.map(({ id }) => ({ params: { id } }));
      await api().succeeds('ada', `PUT ${DISMISSAL}`, first);
      expect(await api().pages('ada', LIST, foundDeviceInView, { state: 'dismissed' })).toHaveLength(1);
      await api().succeeds('ada', `DELETE ${DISMISSAL}`, first);
      await api().succeeds('ada', TAKE_IN, { ...second, body });
      expect(await api().pages('ada', LIST, foundDeviceInView)).toHaveLength(found.length - 1);
      await agent.ask(reportFound, { mayTakeIn: true, ids: [], found: [] });
      expect(await api().pages('ada', LIST, foundDeviceInView)).toEqual([]);
    });

    const unknown = { params: { id: UNKNOWN_ID } };
    itRefuses(api, [
      ['the found devices, to a technician', 'tom', LIST, '403 forbidden'],
      ['another state', 'ada', LIST, '400 invalid-request', { query: { state: 'x' } }],
      ['a device that is not found', 'ada', TAKE_IN, '404 not-found', { ...unknown, body }],
      [
        'a device ID that is none',
        'ada',
        TAKE_IN,
        '400 invalid-request',
        { ...unknown, body: { ...body, deviceId: 'A' } },
      ],
      ['a device without a name', 'ada', TAKE_IN, '400 invalid-request', { ...unknown, body: { ...body, name: ' ' } }],
      ['the dismissal of a device that is not found', 'ada', `PUT ${DISMISSAL}`, '404 not-found', unknown],
      ['the restoring of a device that is not found', 'ada', `DELETE ${DISMISSAL}`, '404 not-found', unknown],
    ]);
  });
}
