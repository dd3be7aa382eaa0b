import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  answersOf,
  integer,
  objectIdentifier,
  octets,
  PDU,
  responsePdu,
  ScriptedSnmpAgent,
  sequence,
  tlv,
  type Encoded,
  type SnmpRequest,
} from '../../../test/support/device/scripted-snmp-agent';
import { deviceInformation } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { SnmpAccess, snmpField } from '../configuration/snmp-access';
import { meterMap, readMeters } from './meter-map';
import { SnmpClient } from './snmp-client';
import { SnmpDevice } from './snmp-device';

const SERIAL = '1.3.6.1.2.1.43.5.1.1.17';
const SUPPLIES = '1.3.6.1.2.1.43.11.1.1';
const PRINTER: readonly Encoded[] = [[`${SERIAL}.1`, octets('AC9')]];

describe('an SNMP agent', () => {
  let agent: ScriptedSnmpAgent | undefined;
  let client: SnmpClient | undefined;
  afterEach(async () => {
    client?.close();
    await agent?.stop();
    agent = client = undefined;
  });

  const accessTo = (field: object = {}): SnmpAccess =>
    new SnmpAccess({ ...snmpField.parse({ port: agent!.port, ...field }), host: '127.0.0.1' }, '/');
  const start = async (answers: ScriptedSnmpAgent['answers'], field: object = {}): Promise<SnmpClient> => {
    agent = await ScriptedSnmpAgent.start(answers);
    return (client = new SnmpClient(accessTo(field)));
  };
  const readAll = () => new SnmpDevice(accessTo(), []).information();

  it.each(['1', '2c'])('that answers only what follows an object is read (version %s)', async (version) => {
    const map = meterMap.parse({
      vendor: 'Acme',
      sources: ['here'],
      objectIds: ['1.3.6.1.4.1.9'],
      meters: [{ counter: 'copies', objects: ['1.3.6.1.4.1.9.1.0', '1.3.6.1.4.1.9.2.1.7'] }],
    });
    const objects: Encoded[] = [
      ['1.3.6.1.4.1.9.1.0', integer(40)],
      ['1.3.6.1.4.1.9.2.1.7', integer(2)],
    ];
    const reading = await start(answersOf(objects, { knowsGet: false }), { version });
    expect(await readMeters(map, reading)).toEqual({ copies: 42 });
  });

  it('with a table without an end is read in part', async () => {
    let row = 0;
    const reading = await start(({ oids, maxRepetitions }) =>
      Array.from(
        { length: maxRepetitions },
        () => [`${oids[0]!.split('.').slice(0, 11).join('.')}.${++row}`, integer(1)] as const,
      ),
    );
    const { rows, isComplete } = await reading.rows([SERIAL]);
    expect(rows.size).toBe(LIMITS.SNMP_ROWS);
    expect(isComplete).toBe(false);
  });

  it.each([
    ['the same object', () => 1],
    ['objects backwards', (row: number) => 1000 - row],
  ])('that repeats %s is read up to there', async (_what, index) => {
    let row = 0;
    const reading = await start(({ oids }) => oids.map(() => [`${SERIAL}.${index(row++)}`, integer(1)] as const));
    expect(await reading.rows([SERIAL])).toMatchObject({ rows: { size: 1 }, isComplete: false });
  });

  it('that never ends any table is asked a limited number of times', async () => {
    let row = 0;
    agent = await ScriptedSnmpAgent.start(({ oids }) =>
      oids.map((oid) => [`${oid.split('.').slice(0, 11).join('.')}.1.${++row}`, octets('x')] as const),
    );
    const information = await readAll();
    expect(deviceInformation.parse(information)).toEqual(information);
    expect(agent.requests.length).toBeLessThanOrEqual(LIMITS.SNMP_REQUESTS);
  });

  it('with 10,000 supplies and huge texts stays within the limits', async () => {
    const supplies = Array.from({ length: 10_000 }, (_, row): Encoded => [
      `${SUPPLIES}.6.1.${row + 1}`,
      octets('\u001b[2J'.repeat(60)),
    ]);
    agent = await ScriptedSnmpAgent.start(
      answersOf([...PRINTER, ['1.3.6.1.2.1.43.16.5.1.2.1.1', octets('y'.repeat(2_000))], ...supplies]),
    );
    const information = await readAll();
    expect(deviceInformation.parse(information)).toEqual(information);
    expect(information.supplies).toHaveLength(24);
    expect(information.details!.display[0]).toHaveLength(60);
  });

  it.each<[string, ScriptedSnmpAgent['answers']]>([
    [
      'fails at GetBulkRequest',
      (request, from) => (request.pdu === PDU.getBulk ? 5 : answersOf(PRINTER)(request, from)),
    ],
    [
      'sends a part that is not valid',
      (request, from) => {
        if (request.oids[0]?.startsWith('1.3.6.1.2.1.1.'))
          return sequence(integer(1), octets('public'), tlv(0xa2, Buffer.from([2, 9, 9])));
        return answersOf(PRINTER)(request, from);
      },
    ],
    [
      'fails at some tables',
      (request, from) => (request.oids[0]?.startsWith('1.3.6.1.2.1.25') ? 5 : answersOf(PRINTER)(request, from)),
    ],
  ])('that %s is read without that', async (_what, answers) => {
    agent = await ScriptedSnmpAgent.start(answers);
    expect(await readAll()).toMatchObject({ serialNumber: 'AC9' });
  });

  it.each<[string, ScriptedSnmpAgent['answers'], object]>([
    ['has no printer', answersOf([['1.3.6.1.2.1.1.5.0', octets('nas')]]), { problem: 'not-a-printer' }],
    ['fails at everything', () => 5, { problem: 'refused' }],
    ['does not answer', () => undefined, { name: 'DeviceUnreachable' }],
  ])('that %s is named', async (_what, answers, error) => {
    agent = await ScriptedSnmpAgent.start(answers);
    await expect(readAll()).rejects.toMatchObject(error);
  });

  it('is not taken for another one that answers in its place', async () => {
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    await once(other, 'listening');
    const forged = (request: SnmpRequest) =>
      sequence(integer(1), octets('public'), responsePdu(request.id, [[`${SERIAL}.1`, octets('FORGED')]]));
    const honest = answersOf(PRINTER);
    const reading = await start((request, from) => {
      other.send(forged(request), from.port, from.address);
      return honest(request, from);
    });
    const { rows } = await reading.rows([SERIAL]);
    expect(rows.get('1')?.[0]?.toString()).toBe('AC9');
    other.close();
  });

  it('is reached by IPv6, however its address is written', async () => {
    agent = await ScriptedSnmpAgent.start(answersOf(PRINTER), '::1');
    const access = new SnmpAccess({ ...snmpField.parse({ port: agent.port }), host: '0:0:0:0:0:0:0:1' }, '/');
    expect(await new SnmpDevice(access, []).information()).toMatchObject({ serialNumber: 'AC9' });
  });

  /** A message of version 3; `flags` 0: neither authenticated nor encrypted. */
  const version3 = (id: number, flags: number, pdu: Buffer): Buffer =>
    sequence(
      integer(3),
      sequence(integer(id), integer(65_507), octets(Buffer.from([flags])), integer(3)),
      octets(
        sequence(
          octets(Buffer.from('8000000001020304', 'hex')),
          integer(1),
          integer(100),
          octets('platen'),
          octets(''),
          octets(''),
        ),
      ),
      sequence(octets(''), octets(''), pdu),
    );

  it('that answers in version 3 without authentication is refused', async () => {
    const field = {
      version: '3',
      user: 'platen',
      authentication: { password: 'authpass123' },
      privacy: { password: 'privpass123' },
    };
    let requests = 0;
    const reading = await start(({ id }) => {
      const report: Encoded[] = [['1.3.6.1.6.3.15.1.1.4.0', tlv(0x41, Buffer.from([1]))]];
      if (requests++ === 0) return version3(id, 0, responsePdu(id, report, 0, PDU.report));
      return version3(id, 0, responsePdu(id, [[`${SERIAL}.1`, octets('FORGED')]]));
    }, field);
    await expect(reading.rows([SERIAL])).rejects.toMatchObject({
      problem: 'invalid-answer',
      message: expect.stringContaining('not authenticated'),
    });
  });

  it('that answers version 2c in version 3 ends no program', async () => {
    const reading = await start(({ id }) => version3(id, 1, responsePdu(id, [[`${SERIAL}.1`, octets('x')]])));
    await expect(reading.rows([SERIAL])).rejects.toMatchObject({ problem: 'invalid-answer' });
  });

  it('has text in its own character set', async () => {
    const shiftJis = Buffer.from([0x83, 0x67, 0x83, 0x69, 0x81, 0x5b]); // トナー
    agent = await ScriptedSnmpAgent.start(
      answersOf([
        ...PRINTER,
        ['1.3.6.1.2.1.43.5.1.1.2.1', integer(2)],
        ['1.3.6.1.2.1.43.7.1.1.4.1.1', integer(106)],
        ['1.3.6.1.2.1.43.7.1.1.4.1.2', integer(17)],
        [`${SUPPLIES}.6.1.1`, octets(shiftJis)],
        [`${SUPPLIES}.6.1.2`, octets('Tóner')],
        ['1.3.6.1.2.1.1.2.0', objectIdentifier('1.3.6.1.4.1.9')],
      ]),
    );
    expect((await readAll()).supplies.map(({ name }) => name)).toEqual(['トナー', 'Tóner']);
  });
});
