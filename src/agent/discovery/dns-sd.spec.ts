import Bonjour from 'bonjour-service';
import { networkInterfaces } from 'node:os';
import { LIMITS } from '../../protocol/limits';
import { browseDnsSd, DnsSdRecords, type Answer } from './dns-sd';

const anywhere = () => true;
const txt = (name: string, texts: Record<string, string>): Answer => ({
  ...{ type: 'TXT', name },
  data: Object.entries(texts).map(([key, value]) => Buffer.from(`${key}=${value}`)),
});
/** The records of one service, as a printer sends them. */
const service = (type: string, instance: string, host: string, address: string, texts: Record<string, string> = {}) => {
  const name = `${instance}.${type}.local`;
  const records: Answer[] = [
    { type: 'PTR', name: `${type}.local`, data: name },
    { type: 'SRV', name, data: { target: host, port: 631 } },
    txt(name, texts),
    { type: 'A', name: host, data: address },
  ];
  return records;
};
const TEXTS = {
  ty: 'Acme LaserMax 9000',
  rp: 'ipp/print',
  UUID: '4509A320-00A0-008F-00B6-00250751AB01',
  note: 'Hall',
  Scan: 'T',
  adminurl: 'https://laser.local:8443/status',
  usb_MFG: 'Acme',
  usb_MDL: 'LaserMax 9000',
};
const sightingsOf = (answers: readonly Answer[], includes: (address: string) => boolean = anywhere) => {
  const records = new DnsSdRecords();
  records.add(answers);
  return records.sightings(includes);
};

describe('printers announced by DNS-SD', () => {
  it('are seen with what they say, also if the name of the instance has dots', () => {
    const answers = [
      ...service('_pdl-datastream._tcp', 'LaserMax 4.0', 'LASER.local', '10.0.0.5', { ty: 'less exact' }),
      ...service('_ipp._tcp', 'LaserMax 4.0', 'laser.local', '10.0.0.5', TEXTS),
    ];
    expect(sightingsOf(answers)).toEqual([
      {
        address: '10.0.0.5',
        identity: {
          ...{ serialNumber: '', uuid: 'urn:uuid:4509a320-00a0-008f-00b6-00250751ab01', mac: '' },
          model: 'Acme LaserMax 9000',
        },
        ...{ model: 'Acme LaserMax 9000', kind: 'mfp', location: 'Hall', foundBy: ['dns-sd'] },
        services: { ipp: { scheme: 'ipp', port: 631, path: 'ipp/print' }, web: { scheme: 'https', port: 8443 } },
      },
    ]);
  });

  it.each<[string, Answer[], (address: string) => boolean]>([
    [
      'outside the ranges',
      service('_ipp._tcp', 'a', 'a.local', '10.0.0.5'),
      (address: string) => address !== '10.0.0.5',
    ],
    [
      'of a print server, which has several queues',
      [...service('_ipp._tcp', 'a', 's.local', '10.0.0.5'), ...service('_ipp._tcp', 'b', 's.local', '10.0.0.5')],
      anywhere,
    ],
    ['of another type', service('_http._tcp', 'a', 'a.local', '10.0.0.5'), anywhere],
    ['of an instance of another type', [{ type: 'PTR', name: '_ipp._tcp.local', data: 'a.local' }], anywhere],
    ['without an address', service('_ipp._tcp', 'a', 'a.local', '10.0.0.5').slice(0, 3), anywhere],
  ])('are not seen %s', (_what, answers, includes) => {
    expect(sightingsOf(answers, includes)).toEqual([]);
  });

  it.each([
    ['a path that is none', { rp: '../x?y#z' }, { scheme: 'ipp', port: 631, path: '' }],
    ['a long path', { rp: 'x'.repeat(4_000) }, { scheme: 'ipp', port: 631, path: 'x'.repeat(197) }],
    ['keys of objects', { __proto__x: 'a', constructor: 'b' }, { scheme: 'ipp', port: 631, path: '' }],
  ])('may say %s', (_what, texts, ipp) => {
    const [seen] = sightingsOf(service('_ipp._tcp', 'a', 'a.local', '10.0.0.5', texts));
    expect(seen?.services.ipp).toEqual(ipp);
  });

  it('are bounded', () => {
    const records = new DnsSdRecords();
    for (let n = 0; n < LIMITS.DNS_SD_RECORDS && !records.isFull; n++)
      records.add(service('_ipp._tcp', `p${n}`, `p${n}.local`, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`));
    expect(records.isFull).toBe(true);
    records.add(service('_ipp._tcp', 'one-more', 'one-more.local', '11.0.0.1'));
    expect(records.sightings((address) => address === '11.0.0.1')).toEqual([]);
    expect(records.sightings(anywhere)).toHaveLength(LIMITS.DNS_SD_RECORDS / 4);
  });

  it('are asked for by name if an answer came without their records', () => {
    const records = new DnsSdRecords();
    const [pointer, place] = service('_ipp._tcp', 'a', 'a.local', '10.0.0.5') as [Answer, Answer];
    records.add([pointer]);
    const name = 'a._ipp._tcp.local';
    expect(records.missing).toEqual([
      { name, type: 'SRV' },
      { name, type: 'TXT' },
    ]);
    records.add([place]);
    expect(records.missing).toContainEqual({ name: 'a.local', type: 'A' });
  });
});

/** Nothing is sent to another computer; the responder names the addresses of all interfaces but loopback. */
const LOOPBACK = { interface: '127.0.0.1', bind: '0.0.0.0' };
const lanAddress = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address;

(lanAddress === undefined ? describe.skip : describe)('a real responder', () => {
  it('is found, and another type is not', async () => {
    const responder = new Bonjour(LOOPBACK as object);
    responder.publish({ name: 'Platen 3050ci [1.2]', type: 'ipp', port: 8631, txt: TEXTS, probe: false });
    responder.publish({ name: 'web', type: 'http', port: 80, probe: false });
    try {
      const seen = await browseDnsSd((address) => address === lanAddress, new AbortController().signal, {
        listenMs: 5_000,
        ...LOOPBACK,
      });
      expect(seen).toMatchObject([
        {
          address: lanAddress,
          services: { ipp: { port: 8631, path: 'ipp/print' } },
          model: TEXTS.ty,
          foundBy: ['dns-sd'],
        },
      ]);
    } finally {
      await new Promise((resolve) => responder.destroy(resolve));
    }
  });

  it('is not waited for when the agent stops', async () => {
    await expect(browseDnsSd(anywhere, AbortSignal.abort(), LOOPBACK)).resolves.toEqual([]);
  });
});
