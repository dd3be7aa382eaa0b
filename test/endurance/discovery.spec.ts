import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { en } from '../../src/console/messages/en';
import { PRINTER_ATTRIBUTES } from '../../src/demo/ippeveprinter';
import { finished, SAMPLE_USERS } from '../../src/demo/stage';
import { device as deviceInView } from '../../src/protocol/api';
import { job } from '../../src/protocol/maintenance';
import type { ConsoleBrowser } from '../support/browser/console-browser';
import { launchOn } from '../support/browser/network-browser';
import { look } from '../support/browser/pictures';
import { LAN, networksMissing } from '../support/customer-networks';
import { SNMP_PRINTER } from '../support/device/snmp-printer';
import { Snmpd } from '../support/device/snmpd';
import { NetworkStage } from '../support/stage/network-stage';
import { until } from '../support/until';

const missing = networksMissing();
if (missing !== undefined) console.warn(`skipped, because this machine cannot make network namespaces: ${missing}`);

const t = en.found;
const IPP = { serial: 'AC90001234', model: 'Acme LaserMax 9000' };
const SNMP = { serial: 'ZX70005678', model: 'Acme LaserPlain 200' };
/** The other printer, which has SNMP only. */
const OTHER_PRINTER = SNMP_PRINTER.map(([oid, type, value, ...access]) => {
  const other = { [IPP.serial]: SNMP.serial, [IPP.model]: SNMP.model }[value] ?? value;
  return [oid, type, other, ...access] as (typeof SNMP_PRINTER)[number];
});
/** Both printers, and each alone. */
const [ALL, FIRST, SECOND] = [`${LAN.device}/31`, `${LAN.device}/32`, `${LAN.other}/32`] as const;
const searching = (range: string) => ({
  ...{ devices: [], ranges: [range] },
  discovery: { takeIn: true, everyHours: 1, dnsSd: false },
});
type AgentHost = 'agent-a' | 'second-a';

let on: NetworkStage;
let browser: ConsoleBrowser;
let page: Page;
let snmpd: Snmpd;

/** A real IPP Everywhere printer at a customer, at the usual port. It needs a D-Bus of its own. */
async function startPrinter(): Promise<void> {
  const folder = join(on.folder, 'printer');
  await mkdir(join(folder, 'spool'), { recursive: true });
  const attributes = join(folder, 'attributes.conf');
  await writeFile(attributes, PRINTER_ATTRIBUTES);
  const address = `unix:path=${join(folder, 'bus')}`;
  const command = ['dbus-daemon', '--session', '--nofork', '--print-address=1', `--address=${address}`];
  const bus = on.started(on.networks.start('device-a', command));
  await bus.until(() => bus.printed.find((line) => line.startsWith('unix:')), 'listens');
  const options = ['-p', '631', '-r', 'off', '-d', join(folder, 'spool'), '-a', attributes];
  const env = { DBUS_SYSTEM_BUS_ADDRESS: address };
  on.started(on.networks.start('device-a', ['ippeveprinter', ...options, 'Hall'], { env }));
  await until('the printer to answer', async () => {
    const ask = ['curl', '-sS', '--max-time', '20', '-o', '/dev/null', `http://${LAN.device}:631/`];
    return (await on.networks.run('agent-a', ...ask)).code === 0;
  });
}

/** Counts the connections and requests that arrive at a printer. */
async function count(host: 'device-a' | 'other-a'): Promise<() => Promise<number>> {
  const rules = [
    'add table inet asked',
    'add chain inet asked input { type filter hook input priority 0; }',
    `add rule inet asked input ip saddr != ${LAN.device} meta l4proto { tcp, udp } ct state new counter`,
  ];
  expect(await on.networks.run(host, 'nft', rules.join('; '))).toMatchObject({ code: 0 });
  return async () => {
    const { output } = await on.networks.run(host, 'nft', 'list table inet asked');
    return Number(/packets (\d+)/.exec(output)![1]);
  };
}

const stateOf = (agent: AgentHost, file: string): string => join(dirname(on.configurationOf(agent)), file);
/** Kills an agent as soon as it has stored a file. */
async function killAt(agent: AgentHost, file: string): Promise<void> {
  await until(`${agent} to store ${file}`, () => existsSync(stateOf(agent, file)), 180_000, 1);
  await on.programOn(agent).stop('SIGKILL');
}
async function run(agent: AgentHost): Promise<void> {
  await on.runAgent(agent).logged('agent online', 120_000);
}

const rows = () => page.getByRole('table', { name: t.title }).locator('tbody').getByRole('row');
const rowOf = ({ serial }: { serial: string }) => rows().filter({ hasText: serial });
const showFound = () => page.goto(`${on.serverUrl}/agents/found`);
/** An answer of the API, in the browser: this process is in another network. */
const api = (method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> =>
  page.evaluate(
    `fetch('/api${path}', {
      method: '${method}',
      headers: { 'content-type': 'application/json' },
      ${body ? `body: ${JSON.stringify(JSON.stringify(body))},` : ''}
    }).then(async (answer) => ({ status: answer.status, body: answer.status === 204 ? null : await answer.json() }))`,
  );
const deviceIds = async (): Promise<string[]> => {
  const { rows: found } = (await api('GET', '/devices')).body as { rows: { id: string }[] };
  return found.map(({ id }) => id).sort();
};

/** Takes a found device in. @param agent the one that serves it, if there is a choice */
async function takeIn(which: typeof IPP, deviceId: string, agent?: AgentHost): Promise<void> {
  await rowOf(which).getByRole('button', { name: t.takeIn }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: t.deviceId }).fill(deviceId);
  if (agent) {
    await look(page, 'found-by-two');
    await dialog.getByRole('combobox', { name: t.servedBy }).click();
    await page.getByRole('option', { name: agent }).click();
  }
  await dialog.getByRole('button', { name: t.takeIn }).click();
}

/** Reads the counters by a job. */
async function countersOf(deviceId: string): Promise<unknown> {
  const asked = await until(`a job of ${deviceId}`, async () => {
    const answer = await api('POST', `/devices/${deviceId}/jobs`, { operation: 'counters' });
    return answer.status < 300 && job.parse(answer.body);
  });
  const done = await until('the counters', async () => {
    const now = job.parse((await api('GET', `/jobs/${asked.id}`)).body);
    return now.endedAt !== null && now;
  });
  expect(done.state).toBe('succeeded');
  return done.result;
}

(missing === undefined ? describe : describe.skip)('printers in the LAN of a customer', () => {
  let atFirst: () => Promise<number>;
  beforeAll(async () => {
    on = await NetworkStage.set();
    browser = await launchOn(on, 'internet');
    await startPrinter();
    snmpd = await Snmpd.start(OTHER_PRINTER, [], {
      ...{ address: LAN.other, port: 161 },
      on: (...command) => on.networks.on('other-a', ...command),
    });
    atFirst = await count('device-a');
    page = await browser.loggedIn(on.serverUrl, SAMPLE_USERS.admin);
  }, 400_000);
  afterAll(async () => {
    await browser?.close();
    await snmpd?.stop();
    await on?.strike();
  });

  it('are found once, although the agent is killed meanwhile, and are not probed again', async () => {
    await on.startAgent('agent', 'a', 'lan-*', searching(FIRST));
    await killAt('agent-a', 'found-devices.json');
    const probes = await atFirst();
    expect(probes).toBeGreaterThan(0);
    await on.configure('agent-a', searching(ALL));
    await run('agent-a');
    await showFound();
    await rowOf(SNMP).waitFor({ timeout: 180_000 });
    await rowOf(IPP).waitFor();
    expect(await rows().count()).toBe(2);
    for (const [which, address] of [
      [IPP, LAN.device],
      [SNMP, LAN.other],
    ] as const) {
      const text = await rowOf(which).innerText();
      for (const shown of [which.model, address, 'agent-a']) expect(text).toContain(shown);
    }
    expect(await atFirst()).toBe(probes);
    await look(page, 'found-real');
  }, 600_000);

  it('are taken in once, although the agent is killed at that moment, and are read by jobs', async () => {
    await Promise.all([takeIn(IPP, 'hall'), killAt('agent-a', 'taken-in-devices.json')]);
    await run('agent-a');
    await until('the device', async () => (await deviceIds()).includes('hall'));
    await showFound();
    await rowOf(SNMP).waitFor();
    await rowOf(IPP).waitFor({ state: 'detached' });
    expect(await deviceIds()).toEqual(['hall']);
    expect(await countersOf('hall')).toContainEqual({ name: 'impressions', value: '128456' });
    const { body } = await api('GET', '/devices/hall');
    expect(deviceInView.parse(body)).toMatchObject({ agentId: 'agent-a', online: true });
  }, 600_000);

  it('stay dismissed', async () => {
    await rowOf(SNMP).getByRole('button', { name: t.dismiss }).click();
    await page.getByText(t.emptyTitle).waitFor();
    await on.programOn('agent-a').stop('SIGKILL');
    await run('agent-a');
    await page.reload();
    await page.getByText(t.emptyTitle).waitFor();
    await page.getByText(t.states.dismissed, { exact: true }).click();
    await rowOf(SNMP).getByRole('button', { name: t.restore }).click();
    await page.getByText(t.noneDismissed).waitFor();
  }, 600_000);

  it('are one for two agents, and are taken in by the one that is chosen', async () => {
    await on.startAgent('second', 'a', 'spare-*', searching(ALL));
    await showFound();
    await rowOf(SNMP).filter({ hasText: 'second-a' }).filter({ hasText: 'agent-a' }).waitFor({ timeout: 180_000 });
    // not the one that the other agent serves
    expect(await rows().count()).toBe(1);
    await takeIn(SNMP, 'copy-room', 'agent-a'); // not the one that is offered first
    await page.getByText(t.emptyTitle).waitFor();
    expect(deviceInView.parse((await api('GET', '/devices/copy-room')).body)).toMatchObject({ agentId: 'agent-a' });
    expect(await countersOf('copy-room')).toContainEqual({ name: 'impressions', value: '130000' });
    expect(await deviceIds()).toEqual(['copy-room', 'hall']);
  }, 600_000);

  it('are no longer served when the owner narrows the ranges', async () => {
    await on.programOn('agent-a').stop();
    await on.configure('agent-a', searching(SECOND));
    const agent = on.runAgent('agent-a');
    await agent.logged('a device that was taken in is not served', 120_000);
    await agent.logged('agent online', 120_000);
    const list = on.platen('agent', 'taken-in', '--config', on.configurationOf('agent-a'));
    expect((await finished(on.networks.start('agent-a', list))).printed.join()).toMatch(/^hall: .*NOT SERVED: /);
    await until('the server to know', async () => {
      const { status, body } = await api('GET', '/devices/hall');
      return status === 404 || deviceInView.parse(body).online === false;
    });
  }, 600_000);

  it('the browser complains of nothing', () => expect(browser.complaints).toEqual([]));
});
