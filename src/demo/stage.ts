import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { agent as agentInView, Customer, Site, User } from '../protocol/api';
import type { DeviceKind } from '../protocol/device-kinds';
import { sha256Hex } from '../tunnel/sha256';
import { request } from './api-request';
import { findPrinter, PRINTER_ATTRIBUTES, startPrinter } from './ippeveprinter';
import { freePorts } from './free-ports';
import { Program, type LogLine } from './programs';

export interface Ports {
  readonly http: number;
  readonly xmpp: number;
  readonly panel: number;
  readonly mfp: number;
  /** The simulated MFP's own display, and the interface for its agent. */
  readonly display: number;
  readonly displayAgent: number;
  /** Its document boxes. */
  readonly boxes: number;
  /** Its operation panel for technicians, for full control and view only. */
  readonly remotePanel: number;
  readonly remotePanelView: number;
  /** The simulated MFP's raw port, which accepts firmware. */
  readonly raw: number;
  readonly printer: number;
  /** Simulated devices of the other kinds, if the stage has them. */
  readonly otherPrinter: number;
  readonly copier: number;
  readonly fax: number;
  readonly scanner: number;
  /** Of the relay's first pair; further pairs have the ports that follow. */
  readonly relay: number;
}
export const USUAL_PORTS: Ports = {
  http: 8080,
  xmpp: 5223,
  panel: 8631,
  mfp: 8081,
  display: 8082,
  displayAgent: 8085,
  boxes: 8086,
  remotePanel: 8083,
  remotePanelView: 8084,
  raw: 9101,
  printer: 8632,
  otherPrinter: 8087,
  copier: 8088,
  fax: 8089,
  scanner: 8633,
  relay: 8090,
};

/** A device of each other kind, in the process of the simulated MFP. */
const OTHER_KINDS = [
  { id: 'demo-printer', name: 'Demo printer', kind: 'printer', location: 'Building A, room 108', port: 'otherPrinter' },
  { id: 'demo-copier', name: 'Demo copier', kind: 'copier', location: 'Building A, room 120', port: 'copier' },
  { id: 'demo-fax', name: 'Demo fax', kind: 'fax', location: 'Building A, reception', port: 'fax' },
  { id: 'demo-scanner', name: 'Demo scanner', kind: 'scanner', location: 'Building A, mail room', port: 'scanner' },
] as const satisfies readonly { id: string; name: string; kind: DeviceKind; location: string; port: keyof Ports }[];

const SECRET_FILE = 'display-secret';

/** Pairs that a deployment may add to the relay's first one. */
const FURTHER_PAIRS = 8;

const NAMES = Object.keys(USUAL_PORTS) as (keyof Ports)[];
/** Ports that a stage needs. */
export const STAGE_PORTS = NAMES.length + FURTHER_PAIRS;

/** Consecutive ports. */
export const portsFrom = (first: number): Ports =>
  Object.fromEntries(NAMES.map((name, index) => [name, first + index])) as Record<keyof Ports, number>;

/** Reserves free ports for a stage. */
export async function reservePorts(): Promise<Ports> {
  const [first] = await freePorts(STAGE_PORTS);
  return portsFrom(first!);
}

/** Sample users. Their passwords are public, so they exist in the demo only. */
export const SAMPLE_USERS = {
  admin: { username: 'admin', displayName: 'Alex Admin', role: 'admin', password: 'demo-admin-password' },
  technician: {
    username: 'tina',
    displayName: 'Tina Technician',
    role: 'technician',
    password: 'demo-tina-password',
  },
} as const;

/** Where the agent of the stage is. */
export const SAMPLE_CUSTOMER = { name: 'Sample Customer', site: 'Building A' } as const;

/** A device on the stage, and its address without Platen. */
export interface StagedDevice {
  readonly id: string;
  readonly url: string;
}
export interface Stage {
  readonly folder: string;
  readonly serverUrl: string;
  readonly panelUrl: string;
  /** The simulated MFP's own display. */
  readonly displayUrl: string;
  /** The simulated MFP's document boxes without Platen. */
  readonly boxUrl: string;
  readonly devices: StagedDevice[];
  readonly programs: { readonly server: Program; readonly agent: Program };
  /** Starts a program of Platen with the stage's settings. */
  readonly platen: (name: string, args: string[], input?: string) => Program;
  /** Stops all programs: agent, server with its relay, devices. */
  readonly stop: () => Promise<void>;
}

/** A further application of a staged device. */
export interface ExtraApplication {
  readonly device: string;
  readonly id: string;
  readonly target: string;
  readonly origins?: readonly string[];
}

export interface StageOptions {
  readonly folder: string;
  readonly applications?: readonly ExtraApplication[];
  /** IDs of further devices; their web pages are the simulated MFP's. */
  readonly moreDevices?: readonly string[];
  /** With a device of each kind. */
  readonly allKinds?: boolean;
  readonly ports: Ports;
  /** The `platen` command: a compiled cli.js. */
  readonly cli: string;
  /** A command that starts the programs; by default, they are started directly. */
  readonly launcher?: readonly string[];
  readonly env?: Record<string, string>;
  /** Creates the sample users in the data folder of the running server; default: by its command. */
  readonly makeUsers?: (data: string) => Promise<void>;
  readonly onLog?: (line: LogLine) => void;
  readonly onProgress?: (what: string) => void;
}

/** Starts every program on loopback, with sample users and an enrolled agent. Reuses the data of an earlier run. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const { folder, ports, cli, onLog, onProgress = () => undefined } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const serverUrl = `http://127.0.0.1:${ports.http}`;
  const env = {
    PLATEN_DATA: join(folder, 'server'),
    PLATEN_HOST: '127.0.0.1',
    PLATEN_PORT: String(ports.http),
    PLATEN_XMPP_PORT: String(ports.xmpp),
    PLATEN_RELAY_PORT: String(ports.relay),
    PLATEN_CREDENTIALS: join(folder, 'terminal-credentials.json'),
    PLATEN_RELEASE_PUBLIC_KEY: await releaseKeys(folder),
    PLATEN_LOG_LEVEL: 'info',
    ...options.env,
  };
  const running: Program[] = [];
  const platen = (name: string, args: string[], input?: string): Program =>
    Program.start(name, commandLine(cli, args, options.launcher), { env, input, onLog });
  const started = (program: Program): Program => {
    running.unshift(program);
    return program;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((program) => program.stop()));
  };

  try {
    onProgress('starting the devices, the server and its relay');
    const mfpPorts = {
      '--port': ports.mfp,
      '--box-port': ports.boxes,
      '--display-port': ports.display,
      '--agent-port': ports.displayAgent,
      '--panel-port': ports.remotePanel,
      '--view-port': ports.remotePanelView,
      '--raw-port': ports.raw,
    };
    const flags = Object.entries(mfpPorts).flatMap(([flag, port]) => [flag, String(port)]);
    const others = options.allKinds ? OTHER_KINDS : [];
    for (const { kind, port } of others) flags.push('--beside', `${kind}=${ports[port]}`);
    const secretHash = await displaySecret(folder);
    const mfp = started(
      platen('mfp', ['mfp', ...flags, '--agent-secret-file', secretHash, '--data', join(folder, 'mfp')]),
    );
    const server = started(platen('server', ['server'])); // takes longest, so it is awaited later
    await mfp.until(() => mfp.log.filter(({ msg }) => msg === 'mfp listening')[others.length], 'runs all its devices');
    const url = `http://127.0.0.1:${ports.mfp}`;
    const devices: StagedDevice[] = ['demo-mfp', ...(options.moreDevices ?? [])].map((id) => ({ id, url }));
    if (findPrinter()) {
      const printer = await startPrinter({
        port: ports.printer,
        name: 'Platen Test Printer',
        folder: join(folder, 'printer'),
        attributes: PRINTER_ATTRIBUTES,
      });
      running.push(...printer.programs.reverse());
      devices.push({ id: 'ippeveprinter', url: `http://127.0.0.1:${ports.printer}` });
    }

    devices.push(...others.map(({ id, port }) => ({ id, url: `http://127.0.0.1:${ports[port]}` })));

    await server.logged('server listening');
    await (options.makeUsers ?? usersByCommand(folder, platen))(env.PLATEN_DATA);
    await server.logged('relay connected');

    onProgress('starting the agent');
    const agentFile = join(folder, 'agent.json');
    await writeFile(agentFile, JSON.stringify(agentConfiguration(options, devices), null, 2));
    const placed = join(folder, 'agent-placed');
    if (!existsSync(join(folder, 'agent-credentials.json'))) {
      const code = await enrolmentCode(serverUrl, options.moreDevices);
      await finished(
        platen('enrol', ['agent', 'enrol', '-', '--server', serverUrl, '--config', agentFile], `${code}\n`),
      );
      await writeFile(placed, '');
    } else if (!existsSync(placed)) {
      onProgress('moving the agent of an earlier version to the site of the sample customer');
      await placeAgent(serverUrl);
      await writeFile(placed, '');
    }
    const agent = started(platen('agent', ['agent', 'run', '--config', agentFile]));
    await agent.logged('agent online');
    const panelUrl = `http://127.0.0.1:${ports.panel}`;
    const displayUrl = `http://127.0.0.1:${ports.display}/`;
    const boxUrl = `http://127.0.0.1:${ports.boxes}/boxes`;
    return { folder, serverUrl, panelUrl, displayUrl, boxUrl, devices, programs: { server, agent }, platen, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function commandLine(cli: string, args: string[], launcher: readonly string[] = []): [string, ...string[]] {
  const [file, ...more] = [...launcher, process.execPath, cli, ...args];
  return [file!, ...more];
}

/** Makes the keys that sign and verify firmware, as `platen release keys` does. @returns the file with the public key */
async function releaseKeys(folder: string): Promise<string> {
  const publicFile = join(folder, 'release.pub');
  if (!existsSync(publicFile)) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    await writeFile(releaseKeyIn(folder), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    await writeFile(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
  }
  return publicFile;
}

/** The private key of a stage; only a demo has it beside the server. */
export const releaseKeyIn = (folder: string): string => join(folder, 'release.key');

/** Makes the secret of the simulated MFP's display and its agent. @returns the file with its hash, for the MFP */
async function displaySecret(folder: string): Promise<string> {
  const file = join(folder, SECRET_FILE);
  const hash = join(folder, 'display-secret-hash');
  if (!existsSync(hash)) {
    const secret = randomBytes(32).toString('base64url');
    await writeFile(file, secret, { mode: 0o600 });
    await writeFile(hash, `sha256:${sha256Hex(secret)}`, { mode: 0o600 });
  }
  return hash;
}

function usersByCommand(folder: string, platen: Stage['platen']) {
  return async (): Promise<void> => {
    for (const { username, displayName, role, password } of Object.values(SAMPLE_USERS)) {
      // marked one by one, because a first start may be interrupted between two users
      const made = join(folder, `user-made-${username}`);
      if (existsSync(made)) continue;
      const create = ['server', 'create-user', username, '--display-name', displayName, '--role', role];
      await finished(platen('create-user', [...create, '--password-stdin'], `${password}\n`));
      await writeFile(made, '');
    }
  };
}

/** Waits for a short command. @throws ProgramFailed unless it exits with 0 */
export async function finished(program: Program): Promise<Program> {
  const how = await program.exited;
  if (how !== 0) await program.until(() => undefined, `succeeded (exit ${how})`);
  return program;
}

async function administratorCookie(serverUrl: string): Promise<string | undefined> {
  const { username, password } = SAMPLE_USERS.admin;
  return (await request(serverUrl, 'POST', '/api/auth/login', { username, password })).cookie;
}

/** An agent from before there were customers has no site, and technicians do not see its devices. */
async function placeAgent(serverUrl: string): Promise<void> {
  const cookie = await administratorCookie(serverUrl);
  const agents = (await request(serverUrl, 'GET', '/api/agents', undefined, cookie)).body as z.infer<
    typeof agentInView
  >[];
  if (agents.find(({ id }) => id === 'demo-agent')?.site) return;
  const siteId = await addSampleCustomer(serverUrl, cookie);
  await request(serverUrl, 'PATCH', '/api/agents/demo-agent', { siteId }, cookie);
}

/** For the agent of the stage, at a site of a sample customer that the sample users work for. */
async function enrolmentCode(serverUrl: string, moreDevices: readonly string[] = []): Promise<string> {
  const cookie = await administratorCookie(serverUrl);
  const siteId = await addSampleCustomer(serverUrl, cookie);
  const code = { agentId: 'demo-agent', siteId, deviceIds: ['demo-*', 'ippeveprinter', ...moreDevices] };
  const created = await request(serverUrl, 'POST', '/api/enrolment-codes', code, cookie);
  return (created.body as { ticket: string }).ticket;
}

/** @returns the ID of its site; also of that of an earlier start that was interrupted */
async function addSampleCustomer(serverUrl: string, cookie: string | undefined): Promise<string> {
  const ask = async <T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T> =>
    (await request(serverUrl, method, `/api/${path}`, body, cookie)).body as T;
  const known = (await ask<Customer[]>('GET', 'customers')).find(({ name }) => name === SAMPLE_CUSTOMER.name);
  const { id, sites } = known ?? (await ask<Customer>('POST', 'customers', { name: SAMPLE_CUSTOMER.name }));
  const { rows } = await ask<{ rows: User[] }>('GET', 'users');
  await ask('PUT', `customers/${id}/users`, { userIds: rows.map((user) => user.id) });
  const site = sites[0] ?? (await ask<Site>('POST', `customers/${id}/sites`, { name: SAMPLE_CUSTOMER.site }));
  return site.id;
}

function agentConfiguration({ ports, folder, applications = [] }: StageOptions, devices: StagedDevice[]): unknown {
  const known: Record<string, object> = {
    'demo-mfp': { name: 'Demo MFP', kind: 'mfp', model: 'Platen Demo MFP 3050ci', location: 'Building A, room 214' },
    ippeveprinter: { name: 'Test printer', kind: 'printer', model: 'ippeveprinter', location: 'Office' },
  };
  const others = OTHER_KINDS.map(({ id, port, ...shown }) => [id, port, shown] as const);
  for (const [id, , shown] of others) known[id] = shown;
  const panel = {
    id: 'panel',
    title: 'Operation panel',
    target: `http://127.0.0.1:${ports.remotePanel}`,
    viewTarget: `http://127.0.0.1:${ports.remotePanelView}`,
  };
  const box = { id: 'box', title: 'Document boxes', target: `http://127.0.0.1:${ports.boxes}`, protocol: 'box' };
  /** The demo does without a person at the device for maintenance; the default asks for a YES. */
  const allowed = { do: 'allow', perHour: 100 };
  const maintenance = { identify: allowed, 'test-page': allowed, restart: allowed };
  const access: Record<string, object> = {
    'demo-mfp': {
      maintenance: { ...maintenance, 'firmware-install': allowed, 'settings-set': allowed, 'logs-read': allowed },
      ipp: `ipp://127.0.0.1:${ports.mfp}/ipp/print`,
      firmware: `tcp://127.0.0.1:${ports.raw}`,
      display: { url: `http://127.0.0.1:${ports.displayAgent}`, secretFile: join(folder, SECRET_FILE) },
    },
    ippeveprinter: { maintenance, ipp: `ipp://127.0.0.1:${ports.printer}/ipp/print` },
  };
  for (const [id, port] of others) access[id] = { ipp: `ipp://127.0.0.1:${ports[port]}/ipp/print` };
  return {
    panel: { host: '127.0.0.1', port: ports.panel },
    state: join(folder, 'agent'),
    devices: devices.map(({ id, url }) => ({
      id,
      ...(known[id] ?? { name: id, kind: 'mfp', model: 'Platen Demo MFP 3050ci', location: 'Reception' }),
      ...access[id],
      applications: [
        { id: 'web', title: 'Web pages', target: url },
        ...(id === 'demo-mfp' ? [panel, box] : []),
        ...applications
          .filter(({ device }) => device === id)
          .map(({ id: name, target, origins }) => ({ id: name, title: name, target, origins })),
      ],
    })),
  };
}
