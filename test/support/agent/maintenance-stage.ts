import type { Element } from '@xmpp/client';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../remove-folder';
import { ControlChannel as AgentChannel } from '../../../src/agent/channel/control-channel';
import { DevicePoller } from '../../../src/agent/information/device-poller';
import { Maintenance, type MaintenanceOptions } from '../../../src/agent/maintenance/maintenance';
import type { StreamHandler } from '../../../src/agent/channel/xmpp-stream';
import { NS_COMMANDS, orderFields, type FirmwareSource, type JobReport } from '../../../src/protocol/ad-hoc-command';
import { ownerRules, type OwnerRules } from '../../../src/agent/maintenance/owner-rules';
import { operation as operations, type Operation } from '../../../src/protocol/maintenance';
import { PUBLISHER } from './firmware-server';
import { recordedJournal, type RecordedJournal } from '../recorded-journal';
import { ControlChannel, DOMAIN, PASSWORD } from '../xmpp/control-channel';
import { ScriptedDevice } from '../device/scripted-device';
import { until } from '../until';
import { NO_PROXY } from '../../../src/tunnel/outbound-proxy';

type Times = MaintenanceOptions['times'];

/** Shorter intervals. The times after which an operation fails are those of the product, unless a test shortens them. */
const TIMES: Times = {
  heldPollMs: 10,
  awayMs: 150,
  backMs: 2_000,
  pauseMs: 5,
  pollMs: 5,
  downloadRetry: { firstMs: 1, maxMs: 2 },
};

/** The maintenance of an agent with its state folder and scripted devices, at a real control channel. */
export class MaintenanceStage {
  recorded!: RecordedJournal;
  device!: ScriptedDevice;
  bare!: ScriptedDevice;
  folder!: string;
  maintenance!: Maintenance;
  openSessions = 0;
  /** What the owner decides; by default, that everything is allowed. */
  rules!: OwnerRules;
  readonly signer = { agentId: 'agent-1', key: generateKeyPairSync('ed25519').privateKey };
  /** What it verifies firmware with. */
  releaseKey: string | undefined = PUBLISHER.key;
  /** Where it downloads firmware. */
  firmwareOrigin = 'http://127.0.0.1:9';
  private poller!: DevicePoller;
  private readonly answers = new Map<string, StreamHandler['answer']>();

  private constructor(
    readonly server: ControlChannel,
    readonly channel: AgentChannel,
  ) {}

  /** One stream, for all tests of a file. */
  static async open(): Promise<MaintenanceStage> {
    const server = await ControlChannel.start();
    const { port, certificate } = server;
    const credentials = {
      agentId: 'agent-1',
      password: PASSWORD,
      xmpp: { host: '127.0.0.1', port, domain: DOMAIN },
      pin: certificate.pin,
    };
    const retry = { firstRetryMs: 20, maxRetryMs: 50, slowRetryMs: 50 };
    const it = new MaintenanceStage(server, new AgentChannel(credentials, recordedJournal().journal, retry));
    const answer = (payload: Element, to: string) => it.answers.get('command')!(payload, to);
    it.channel.answer({ type: 'set', name: 'command', namespace: NS_COMMANDS, answer });
    it.channel.start();
    await until('agent online', () => it.channel.online && server.transport.isOnline('agent-1'));
    return it;
  }

  async close(): Promise<void> {
    await this.channel.stop();
    await this.server.stop();
  }

  /** Starts a new agent without stored jobs. */
  async setUp(): Promise<void> {
    this.recorded = recordedJournal();
    this.openSessions = 0;
    this.rules = ownerRules(operations.options);
    this.releaseKey = PUBLISHER.key;
    this.device = new ScriptedDevice();
    this.bare = new ScriptedDevice({ operations: ['information'] });
    this.folder = await mkdtemp(join(tmpdir(), 'platen-maintenance-'));
    await this.start();
  }

  /** Resumes the jobs in the state folder. Call `stop` first. */
  async start(times: Times = {}): Promise<void> {
    const { journal } = this.recorded;
    this.poller = new DevicePoller(
      new Map([
        ['mfp-1', this.device],
        ['mfp-bare', this.bare],
      ]),
      journal,
      { answerMs: 100 },
    );
    const devices: MaintenanceOptions['devices'] = new Map([
      ['mfp-1', { access: this.device, rules: this.rules }],
      ['mfp-bare', { access: this.bare, rules: this.rules }],
      ['mfp-careful', { access: this.device, rules: ownerRules(['counters']) }],
    ]);
    const { poller, folder } = this;
    const channel = { answer: ({ name, answer }: StreamHandler) => void this.answers.set(name, answer) };
    const openSessions = () => this.openSessions;
    const server = { origin: this.firmwareOrigin, trust: { pin: 'A'.repeat(43) }, outbound: NO_PROXY };
    const { releaseKey } = this;
    const { signer } = this;
    const parts = { devices, poller, openSessions, channel, folder, server, releaseKey, signer, journal };
    this.maintenance = new Maintenance({ ...parts, times: { ...TIMES, ...times } });
    await this.maintenance.start();
    this.maintenance.resume();
  }

  /** The same agent with other times. */
  async restart(times: Times): Promise<void> {
    await this.stop();
    await this.start(times);
  }

  async stop(): Promise<void> {
    await this.maintenance.stop();
    this.poller.stop();
  }

  async tearDown(): Promise<void> {
    await this.stop();
    await removeFolder(this.folder);
  }

  /** A poll at the interval, as far as the agent can tell. */
  poll(): Promise<unknown> {
    return this.poller.poll('mfp-1');
  }

  execute(operation: Operation, change: Order = {}): Promise<JobReport> {
    const { jobId = randomUUID(), deviceId = 'mfp-1', expiresInSeconds = 60, firmware, settings } = change;
    const fields = orderFields({ jobId, deviceId, operation, expiresInSeconds, firmware, settings });
    return this.server.transport.command('agent-1', { jobId, operation, action: 'execute', fields });
  }
  next(operation: Operation, jobId: string): Promise<JobReport> {
    return this.server.transport.command('agent-1', { jobId, operation, action: 'next' });
  }
  cancel(operation: Operation, jobId: string): Promise<JobReport> {
    return this.server.transport.command('agent-1', { jobId, operation, action: 'cancel' });
  }

  /** Has a job carried out, and gives every report on the way. */
  async reports(operation: Operation, change: Order = {}): Promise<JobReport[]> {
    const jobId = change.jobId ?? randomUUID();
    const reports = [await this.execute(operation, { ...change, jobId })];
    while (reports.at(-1)?.status === 'executing') reports.push(await this.next(operation, jobId));
    return reports;
  }
  async outcome(operation: Operation, change: Order = {}): Promise<JobReport> {
    return (await this.reports(operation, change)).at(-1) as JobReport;
  }
}

interface Order {
  readonly jobId?: string;
  readonly deviceId?: string;
  readonly expiresInSeconds?: number;
  readonly firmware?: FirmwareSource;
  readonly settings?: Record<string, string>;
}
