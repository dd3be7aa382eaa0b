import { once } from 'node:events';
import { createServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { AgentsServer } from '../../test/support/server/agents-server';
import { makeSignedCertificate } from '../../test/support/test-certificate';
import { answersOf, octets, ScriptedSnmpAgent, type Encoded } from '../../test/support/device/scripted-snmp-agent';
import { TestProxy } from '../../test/support/test-proxy';
import { NO_PROXY, type OutboundProxy } from '../tunnel/outbound-proxy';
import { deviceChecks, serverChecks } from './check';
import { parseConfiguration } from './configuration/configuration';

const ABOUT = { product: 'platen', version: '0.1.0', protocol: 1 };

let server: AgentsServer;
let proxy: TestProxy;
/** What the server answers. */
let answer: { body: string; date?: string };

beforeAll(async () => {
  server = await AgentsServer.start((_request, response) => {
    if (answer.date !== undefined) response.setHeader('Date', answer.date);
    response.end(answer.body);
  });
});
afterAll(() => server.stop());
beforeEach(async () => {
  answer = { body: JSON.stringify(ABOUT) };
  proxy = await TestProxy.start();
});
afterEach(() => proxy.stop());

const account = (host: string, { pin, port }: { pin?: string; port?: number } = {}) => {
  const made = server.account(host);
  const xmpp = { ...made.xmpp, port: port ?? made.xmpp.port };
  const { cert: authority } = server.certificate;
  return { ...made, xmpp, pin: pin ?? made.pin, server: `https://${host}:${server.port}`, authority };
};

/** Each finding as one line; problems start with `!`. */
const lines = async (checks: Promise<{ subject: string; isProblem: boolean; text: string }>[]): Promise<string[]> =>
  (await Promise.all(checks)).map(({ subject, isProblem, text }) => `${isProblem ? '! ' : ''}${subject}: ${text}`);

const checked = (outbound: OutboundProxy = NO_PROXY, host = 'localhost', change = {}, relay?: string) =>
  lines(serverChecks({ server: undefined }, account(host, change), outbound, relay));

describe('the check of the ways to the server', () => {
  it('finds a server, its control channel and a relay', async () => {
    expect(await checked(NO_PROXY, 'localhost', {}, `wss://localhost:${server.port}/{pair}`)).toEqual([
      `server localhost:${server.port}: answers, version 0.1.0`,
      `control channel localhost:${server.channel.port}: is reached, and has the key of the enrolment`,
      `relay localhost:${server.port}: answers`,
    ]);
  });

  it('finds them through a proxy that is the only one to know their name', async () => {
    const by = `, through the proxy 127.0.0.1:${proxy.server.port}`;
    const certified = await makeSignedCertificate(['platen.test']);
    proxy.interception = certified;
    const outbound = { ...proxy.outbound, interceptor: certified.authority };
    expect(await checked(outbound, 'platen.test')).toEqual([
      `server platen.test:${server.port}: answers, version 0.1.0${by}`,
      `control channel platen.test:${server.channel.port}: is reached, and has the key of the enrolment${by}`,
      'relay: not checked; name its address with --relay',
    ]);
  });

  it('says what a proxy refuses', async () => {
    proxy.login = 'box:secret';
    const [first, second] = await checked(proxy.outbound, 'platen.test');
    for (const line of [first, second])
      expect(line).toMatch(/^! .*: the proxy 127\.0\.0\.1:\d+ demands a login; add user and password to its settings$/);
  });

  it('says that a name cannot be resolved, and that a port is closed', async () => {
    const [named] = await checked(NO_PROXY, 'platen.invalid');
    expect(named).toMatch(
      /^! server platen.invalid:\d+: the name platen.invalid cannot be resolved \(\w+\); check DNS/,
    );
    const [, unreached] = await checked(NO_PROXY, 'localhost', { port: 1 });
    expect(unreached).toMatch(
      /^! control channel .*: cannot be reached \(ECONNREFUSED\); have TCP port \d+ to localhost permitted in the firewall/,
    );
  });

  it('says that a key is another, and that a connection is intercepted', async () => {
    const [, other] = await checked(NO_PROXY, 'localhost', { pin: 'A'.repeat(43) });
    expect(other).toMatch(/^! .*does not match the pin.*; if it was changed on purpose, enrol this agent again$/);
    proxy.interception = await makeSignedCertificate(['platen.test']);
    const [, intercepted] = await checked(proxy.outbound, 'platen.test');
    expect(intercepted).toMatch(/^! .*was intercepted.*signed by "Authority of a vendor".*exempted from interception/);
  });

  it.each([
    ['another server', { body: '<html>' }, 'is not a Platen server (status 200); check the address'],
    ['another protocol', { body: JSON.stringify({ ...ABOUT, protocol: 9 }) }, 'has protocol version 9'],
    [
      'another time',
      { body: JSON.stringify(ABOUT), date: 'Thu, 01 Jan 1970 00:00:00 GMT' },
      'set the clock of this computer',
    ],
  ])('says that it is %s', async (_name, sent, expected) => {
    answer = sent;
    const [first] = await checked();
    expect(first).toMatch(/^! server /);
    expect(first).toContain(expected);
  });
});

describe('the check of a device', () => {
  let open: TcpServer;
  let port: number;
  beforeAll(async () => {
    open = createServer((socket) => socket.end('no printer').on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(open, 'listening');
    ({ port } = open.address() as AddressInfo);
  });
  afterAll(() => open.close());

  it('has a line for each of its addresses', async () => {
    const applications = [
      { id: 'web', title: 'Web', target: `http://127.0.0.1:${port}` },
      { id: 'panel', title: 'Panel', target: 'tcp://127.0.0.1:1', protocol: 'vnc' },
    ];
    const ipp = `ipp://127.0.0.1:${port}/ipp/print`;
    const firmware = `tcp://127.0.0.1:${port}`;
    const device = { id: 'mfp-1', name: 'MFP', kind: 'mfp', applications, ipp, firmware };
    const { devices } = parseConfiguration(JSON.stringify({ devices: [device] }), '/');
    expect(await lines(deviceChecks(devices[0]!))).toEqual([
      expect.stringMatching(/^! mfp-1 IPP: the device's answer is not HTTP/),
      `mfp-1 web: 127.0.0.1:${port} takes connections`,
      '! mfp-1 panel: 127.0.0.1:1 cannot be reached (ECONNREFUSED); check that the device is on, and its address and port',
      `mfp-1 firmware: 127.0.0.1:${port} takes connections`,
    ]);
  });

  it('has a line for SNMP, with what to do', async () => {
    const printer: Encoded[] = [
      ['1.3.6.1.2.1.25.3.2.1.3.1', octets('Acme Laser')],
      ['1.3.6.1.2.1.43.5.1.1.17.1', octets('AC9')],
    ];
    const [answering, silent] = [
      await ScriptedSnmpAgent.start(answersOf(printer)),
      await ScriptedSnmpAgent.start(() => undefined),
    ];
    const applications = [{ id: 'web', title: 'Web', target: `http://127.0.0.1:${port}` }];
    const of = (snmp: object) =>
      parseConfiguration(
        JSON.stringify({
          devices: [{ id: 'mfp-1', name: 'MFP', kind: 'mfp', applications, snmp: { host: '127.0.0.1', ...snmp } }],
        }),
        '/',
      ).devices[0]!;
    const [good, bad] = await Promise.all(
      [of({ port: answering.port }), of({ port: silent.port, community: 's3cret' })].map((device) =>
        lines(deviceChecks(device)),
      ),
    );
    expect(good![0]).toBe('mfp-1 SNMP: answers in version 2c: Acme Laser, serial number AC9, no meters of the vendor');
    expect(bad![0]).toMatch(
      /^! mfp-1 SNMP: 127\.0\.0\.1:\d+ \(UDP\) does not answer by SNMP; check that SNMP is switched on at the device,/,
    );
    expect(bad!.join()).not.toContain('s3cret');
    for (const agent of [answering, silent]) await agent.stop();
  });
});
