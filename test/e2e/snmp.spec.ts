import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acquiredInformation, device } from '../../src/protocol/api';
import { job } from '../../src/protocol/maintenance';
import { SNMP_PRINTER, SNMP_PRINTER_INFORMATION } from '../support/device/snmp-printer';
import { Snmpd } from '../support/device/snmpd';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

const SECRETS = { authentication: 'authpass-of-the-test', privacy: 'privpass-of-the-test' };
interface AgentFile {
  devices: { id: string; [field: string]: unknown }[];
  [field: string]: unknown;
}

describe('devices that are read by SNMP, with all programs', () => {
  let on: TestStage;
  let agent: Snmpd;
  beforeAll(async () => {
    agent = await Snmpd.start(SNMP_PRINTER, [{ name: 'platen', ...SECRETS }]);
    on = await TestStage.set({ moreDevices: ['snmp-only'] });
    await on.stage.programs.agent.stop();
    await configure();
    await on.restart('agent');
  });
  afterAll(async () => {
    await on?.strike();
    await agent?.stop();
  });

  /** Gives one device SNMP only, and another one SNMP beside its IPP. */
  async function configure(): Promise<void> {
    for (const [name, secret] of Object.entries(SECRETS))
      await writeFile(join(on.folder, name), `${secret}\n`, { mode: 0o600 });
    const meters = {
      vendor: 'Acme',
      sources: ['this test'],
      objectIds: ['1.3.6.1.4.1.367.1.1'],
      models: ['Acme LaserMax*'],
      meters: [{ counter: 'scans', objects: ['1.3.6.1.4.1.367.3.2.1.2.19.5.1.9.4'] }],
    };
    await writeFile(join(on.folder, 'acme.json'), JSON.stringify(meters));
    const file = join(on.folder, 'agent.json');
    const read = JSON.parse(await readFile(file, 'utf8')) as AgentFile;
    const snmp = {
      port: agent.port,
      version: '3',
      user: 'platen',
      authentication: { passwordFile: 'authentication' },
      privacy: { passwordFile: 'privacy' },
    };
    const devices = read.devices.map((each) => {
      if (each.id === 'snmp-only') return { ...each, model: '', snmp: { ...snmp, host: '127.0.0.1' } };
      return each.id === 'demo-mfp' ? { ...each, snmp: { port: agent.port } } : each;
    });
    await writeFile(file, JSON.stringify({ ...read, meterFiles: ['acme.json'], devices }));
  }
  const informationOf = async (id: string) => {
    const answer = await on.post(`/api/devices/${id}/information`, {});
    return acquiredInformation.parse(answer).information!;
  };

  it('are read without IPP, with meters of a file that was added', async () => {
    const information = await informationOf('snmp-only');
    const { supplies, details } = SNMP_PRINTER_INFORMATION;
    expect(information).toMatchObject({ supplies, details, counters: { impressions: 128_456, scans: 17 } });
    expect(information.sources).toMatchObject({ state: 'snmp', counters: { impressions: 'snmp', scans: 'vendor' } });
    const { operations } = device.parse(await on.get('/api/devices/snmp-only'));
    expect(operations).toEqual(['information', 'counters', 'settings-read']);
    const asked = job.parse(await on.post('/api/devices/snmp-only/jobs', { operation: 'counters' }));
    const done = await until('the counters', async () => {
      const now = job.parse(await on.get(`/api/jobs/${asked.id}`));
      return now.endedAt !== null && now;
    });
    expect(done).toMatchObject({
      state: 'succeeded',
      result: expect.arrayContaining([{ name: 'scans', value: '17' }]),
    });
  });

  it('are read in both protocols, each fact from the one that wins', async () => {
    const { sources, model, counters } = await informationOf('demo-mfp');
    expect(model).toBe('Platen Demo MFP 3050ci');
    expect(sources).toMatchObject({ state: 'ipp', model: 'ipp', supplies: 'snmp' });
    expect(counters).toMatchObject({ impressions: 128_456, scans: 17, copies: expect.any(Number) });
  });

  it('have their passwords in no log', () => {
    expect(on.lines.length).toBeGreaterThan(0);
    const logged = JSON.stringify(on.lines);
    for (const secret of Object.values(SECRETS)) expect(logged).not.toContain(secret);
  });
});
