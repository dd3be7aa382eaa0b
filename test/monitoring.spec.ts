import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LIMITS } from '../src/protocol/limits';
import { ControlPlane } from './support/server/control-plane';
import { freePorts } from '../src/demo/free-ports';
import { until } from './support/until';

const run = promisify(execFile);
const OPS = join(__dirname, '../ops');
const read = (path: string): string => readFileSync(join(OPS, path), 'utf8');

const INFORMATION = {
  reached: true,
  problem: null,
  state: 'stopped',
  alerts: [
    { severity: 'error', code: 'media-jam', text: 'Jam' },
    { severity: 'warning', code: 'toner-low', text: '' },
  ],
  supplies: [
    { name: 'Toner "K"\\', type: 'toner', colour: '#000000', level: 6 },
    { name: 'Toner "K"\\', type: 'toner', colour: '#000000', level: 40 },
    { name: 'Drum', type: 'opc', colour: '', level: null },
  ],
  counters: { impressions: 128_456, copies: 12 },
  sources: { counters: {} },
  model: 'LaserMax',
  serialNumber: 'SN 1',
  firmwareVersion: '2.14',
};

describe('monitoring', () => {
  let plane: ControlPlane;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'platen-monitoring-'));
    plane = await ControlPlane.start({ PLATEN_BACKUP_FOLDER: join(folder, 'backups') });
    await plane.write(
      `UPDATE device_information SET information = '${JSON.stringify(INFORMATION)}', "acquiredAt" = 1700000000000
       WHERE "deviceId" = 'printer'`,
    );
  });
  afterAll(async () => {
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const answerOf = (path: string, headers: Record<string, string> = {}) => fetch(`${plane.url}${path}`, { headers });
  const bearer = (who: 'ada' | 'tom') => ({ authorization: `Bearer ${plane.tokenOf(who)}` });
  const served = async (): Promise<string> =>
    (await (await answerOf('/metrics')).text()) + (await (await answerOf('/metrics/devices', bearer('ada'))).text());

  /** An external client of this scope. */
  const newClient = async (name: string, scope: string, limits?: object) => {
    const { body } = await plane.call('ada', 'POST', '/clients', { name, scopes: [scope], limits });
    return body as { id: string; secret: string };
  };
  const tokenOf = async ({ id, secret }: { id: string; secret: string }) => {
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret });
    const answer = await fetch(`${plane.url}/oauth/token`, { method: 'POST', body: form });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    return { authorization: `Bearer ${token}` };
  };

  it('shows devices from what is stored, without asking them', async () => {
    const answer = await answerOf('/metrics/devices', bearer('tom'));
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    const place = 'device="printer",customer="Acme",site="Berlin"';
    const escaped = String.raw`Toner \"K\"\\`;
    for (const line of [
      `platen_device_online{${place}} 1`,
      `platen_device_reached{${place}} 1`,
      `platen_device_state{${place},state="stopped"} 1`,
      `platen_device_state{${place},state="idle"} 0`,
      `platen_device_alerts{${place},severity="error"} 1`,
      `platen_device_alerts{${place},severity="report"} 0`,
      `platen_device_supply_ratio{${place},index="1",supply="${escaped}",type="toner",colour="#000000"} 0.06`,
      `platen_device_supply_ratio{${place},index="2",supply="${escaped}",type="toner",colour="#000000"} 0.4`,
      `platen_device_meter_total{${place},meter="impressions"} 128456`,
      `platen_device_information_timestamp_seconds{${place}} 1700000000`,
      'platen_device_metrics_incomplete 0',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toContain(`firmware="2.14"`);
    expect(text).not.toContain('Drum');
  });

  it('says that it shows not all devices', async () => {
    jest.replaceProperty(LIMITS, 'DEVICE_METRICS_DEVICES', 0 as never);
    const text = await (await answerOf('/metrics/devices', bearer('ada'))).text();
    jest.restoreAllMocks();
    expect(text).toContain('platen_device_metrics_incomplete 1');
    expect(text).not.toContain('device="printer"');
  });

  it('shows devices to those who may read their information, within their reach', async () => {
    expect((await answerOf('/metrics/devices')).status).toBe(401);
    const other = await tokenOf(await newClient('Other', 'devices:read'));
    expect((await answerOf('/metrics/devices', other)).status).toBe(403);
    const unlimited = await tokenOf(await newClient('Zabbix', 'information:read'));
    expect(await (await answerOf('/metrics/devices', unlimited)).text()).toContain('device="printer"');
    const elsewhere = await tokenOf(await newClient('Elsewhere', 'information:read', { sites: [] }));
    expect(await (await answerOf('/metrics/devices', elsewhere)).text()).not.toContain('device="printer"');
  });

  it('has rules and a dashboard with metrics that are served', async () => {
    // so that there is a sample of each
    await tokenOf(await newClient('Rules', 'information:read'));
    const names = new Set<string>(['up']);
    for (const [, name, type] of (await served()).matchAll(/^# TYPE (\w+) (\w+)$/gm))
      for (const suffix of type === 'histogram' ? ['_bucket', '_count', '_sum'] : ['']) names.add(`${name}${suffix}`);
    const expressions = [
      ...[...read('prometheus/platen.rules.yml').matchAll(/expr: (.*(?:\n {10}.*)*)/g)].map(([, text]) => text!),
      ...[...read('grafana/platen.json').matchAll(/"(?:expr|query)": "((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text!),
    ];
    const used = expressions.flatMap((text) => text.match(/\b(?:platen|nodejs|process)_\w+|\bup\b/g) ?? []);
    expect(used.length).toBeGreaterThan(30);
    expect(used.filter((name) => !names.has(name))).toEqual([]);
  });

  it('has rules that promtool accepts, and whose tests pass', async () => {
    await run('promtool', ['check', 'rules', join(OPS, 'prometheus/platen.rules.yml')]);
    await run('promtool', ['test', 'rules', join(OPS, 'prometheus/platen.rules.test.yml')]);
    const rules = read('prometheus/platen.rules.yml').match(/alert: \w+/g)!;
    for (const rule of rules)
      expect(read('prometheus/platen.rules.test.yml')).toContain(rule.replace('alert: ', 'alertname: '));
  });

  it.each(['/metrics', '/metrics/devices'])('serves %s as Prometheus expects it', async (path) => {
    const child = execFile('promtool', ['check', 'metrics'], { encoding: 'utf8' }, () => undefined);
    let said = '';
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text: string) => (said += text));
    const text = await (await answerOf(path, bearer('ada'))).text();
    // names of prom-client that promtool would like to be others
    const own = text.split('\n').filter((line) => !/^(# \w+ )?(nodejs|process)_/.test(line));
    child.stdin!.end(own.join('\n'));
    await once(child, 'close');
    expect(said).toBe('');
  });

  it('is scraped by Prometheus, devices as an external client', async () => {
    const { id, secret } = await newClient('Prometheus', 'information:read');
    writeFileSync(join(folder, 'secret'), secret);
    const target = new URL(plane.url).host;
    const [port] = (await freePorts(1)) as [number];
    const configuration = read('prometheus/prometheus.yml')
      .replaceAll('127.0.0.1:8080', target)
      .replaceAll(/scrape_interval: \w+/g, 'scrape_interval: 1s')
      .replaceAll(/scrape_timeout: \w+/g, 'scrape_timeout: 1s')
      .replace('rule_files', 'global: { evaluation_interval: 1s }\nrule_files')
      .replace('CLIENT_ID', id)
      .replace('/etc/prometheus/platen-client-secret', join(folder, 'secret'))
      .replace('platen.rules.yml', join(OPS, 'prometheus/platen.rules.yml'));
    writeFileSync(join(folder, 'prometheus.yml'), configuration);
    const prometheus: ChildProcess = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    try {
      const ask = async (query: string) => {
        const url = `http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query }).toString()}`;
        const answer = await fetch(url).catch(() => undefined);
        if (!answer?.ok) return [];
        const { data } = (await answer.json()) as { data: { result: { metric: object; value: [number, string] }[] } };
        return data.result.map(({ metric, value: [, value] }) => ({ metric, value }));
      };
      await until('both jobs are up', async () => (await ask('up == 1')).length === 2, 120_000);
      expect(await ask('platen_devices')).toMatchObject([{ metric: { job: 'platen' }, value: '1' }]);
      expect(await ask('platen_device_state == 1')).toMatchObject([
        { metric: { device: 'printer', state: 'stopped', job: 'platen-devices' } },
      ]);
      await until(
        'a rule is pending',
        async () => (await ask('ALERTS{alertname="PlatenDeviceStopped"}')).length === 1,
        120_000,
      );
    } finally {
      prometheus.kill();
      await once(prometheus, 'exit');
    }
  });
});
