import type { Page } from 'playwright-core';
import type { FoundDeviceInView } from '../../../src/protocol/api';

const at = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
const NO_MARKS = { serialNumber: '', uuid: '', mac: '', model: '' };

const found = (id: number, more: Partial<FoundDeviceInView>): FoundDeviceInView => ({
  id: `00000000-0000-4000-8000-00000000000${id}`,
  address: `192.168.1.${40 + id}`,
  identity: NO_MARKS,
  model: '',
  kind: 'printer',
  location: '',
  foundBy: ['dns-sd'],
  firstFoundAt: at(50),
  foundAt: at(0.2),
  agentId: 'berlin-box',
  site: { id: '00000000-0000-4000-8000-000000000010', name: 'Berlin', customerName: 'Acme' },
  online: true,
  mayTakeIn: true,
  dismissed: null,
  alsoFoundBy: [],
  ...more,
});

export const SAMPLE_FOUND: FoundDeviceInView[] = [
  found(1, {
    identity: { ...NO_MARKS, serialNumber: 'XK4-0092817' },
    model: 'Platen Demo MFP 3050ci',
    kind: 'mfp',
    location: 'Hall, first floor',
    foundBy: ['dns-sd', 'ipp', 'snmp'],
    alsoFoundBy: [
      {
        id: '00000000-0000-4000-8000-000000000004',
        address: '192.168.1.41',
        agentId: 'berlin-spare',
        online: true,
        mayTakeIn: true,
      },
    ],
  }),
  found(2, { identity: { ...NO_MARKS, mac: '00:1b:a9:5c:7e:02' }, model: 'LaserPlain 200', mayTakeIn: false }),
  found(3, { foundBy: ['ipp'], online: false, site: null, agentId: 'attic' }),
];

export const withSampleFound = (page: Page): Promise<unknown> =>
  page.route(/\/api\/found-devices(\?|$)/, (route) => {
    const isDismissed = route.request().url().includes('dismissed');
    return route.fulfill({ json: { rows: isDismissed ? [] : SAMPLE_FOUND, next: null } });
  });
