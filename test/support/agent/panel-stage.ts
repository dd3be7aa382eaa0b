import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../remove-folder';
import { Agent } from '../../../src/agent/agent';
import type { ApprovalRequest } from '../../../src/agent/sessions/agent-session';
import { parseConfiguration } from '../../../src/agent/configuration/configuration';
import { orderFields } from '../../../src/protocol/ad-hoc-command';
import {
  announce,
  approval,
  connectionInfoToDevice,
  requestApproval,
  terminate,
} from '../../../src/protocol/control-channel';
import type { Operation } from '../../../src/protocol/maintenance';
import { EmbeddedTransport } from '../../../src/server/xmpp/embedded-transport';
import { scramKeys } from '../../../src/server/xmpp/login/scram';
import { makeCertificate } from '../test-certificate';
import { recordedJournal } from '../recorded-journal';
import { startFakeRelay } from '../relay/fake-relay';
import { ScriptedDevice } from '../device/scripted-device';
import { until } from '../until';
import { EVERY_INSTALLATION } from '../xmpp/control-channel';

const PASSWORD = 'p'.repeat(43);
const DOMAIN = 'platen.local';
/** The logo is a picture of 48 x 24 points. */
export const COMPANY = {
  name: 'Acme Copiers',
  logo: 'iVBORw0KGgoAAAANSUhEUgAAADAAAAAYCAIAAAAzn+mLAAAAK0lEQVR42u3OQQkAAAgEsGvq2/4FrobgYAGWzN4iJCQkJCQkJCQkJCT0K1TLdIQuGi0d2gAAAABJRU5ErkJggg==',
};

/** A real agent with its approval screen, between a real control channel and a fake relay; a test is the server behind them. */
export class PanelStage {
  /** Answers of the person at the device, as the server got them: `approved operate`. */
  readonly answers: string[] = [];
  /** The device that the agent maintains. */
  readonly device: ScriptedDevice;
  private readonly relays: Awaited<ReturnType<typeof startFakeRelay>>[] = [];

  private constructor(
    private readonly server: EmbeddedTransport,
    private readonly agent: Agent,
    private readonly folder: string,
    readonly url: string,
    accesses: ReadonlyMap<string, ScriptedDevice>,
    private readonly lines: readonly Record<string, unknown>[],
  ) {
    this.device = accesses.get('mfp-1')!;
    server.handle(approval, (_agentId, { decision, grant }) => {
      this.answers.push([decision, grant].filter(Boolean).join(' '));
      return Promise.resolve({});
    });
  }

  /** @param lan the LAN page; the agent then has a second device, `mfp-2` */
  static async set(lan?: object): Promise<PanelStage> {
    const { key, cert, pin } = await makeCertificate();
    const { journal, lines } = recordedJournal();
    const server = new EmbeddedTransport({
      domain: DOMAIN,
      host: '127.0.0.1',
      port: 0,
      key,
      certificate: cert,
      fakeSaltSecret: randomBytes(32),
      accounts: { ...EVERY_INSTALLATION, scramKeys: (_agentId, algorithm) => scramKeys(PASSWORD, algorithm) },
      journal,
    });
    server.handle(announce, () => Promise.resolve({ refused: [] }));
    const { port } = await server.start();
    const folder = await mkdtemp(join(tmpdir(), 'platen-panel-'));
    const applications = [
      { id: 'web', title: 'Web pages', target: 'http://127.0.0.1:9' },
      { id: 'screen', title: 'Operation panel', target: 'tcp://127.0.0.1:9', protocol: 'vnc' },
    ];
    const device = { id: 'mfp-1', name: 'MFP in the hall', kind: 'mfp', location: 'Reception', applications };
    const second = { ...device, id: 'mfp-2', name: 'Printer upstairs', location: 'Office' };
    const devices = lan === undefined ? [device] : [device, second];
    const configuration = parseConfiguration(JSON.stringify({ panel: { port: 0, lan }, devices }), folder);
    const xmpp = { host: '127.0.0.1', port, domain: DOMAIN };
    const accesses = new Map([['mfp-1', new ScriptedDevice()]]);
    const credentials = { agentId: 'agent-1', password: PASSWORD, xmpp, pin, company: COMPANY };
    const agent = new Agent(configuration, credentials, journal, { accesses });
    const listening = await agent.start();
    await until('the agent is online', () => server.isOnline('agent-1'));
    return new PanelStage(server, agent, folder, `http://127.0.0.1:${listening.port}`, accesses, lines);
  }

  /** Who answered, as the agent logged it. */
  get answeredBy(): unknown[] {
    return this.lines.filter(({ msg }) => msg === 'approval request answered').map(({ answeredBy }) => answeredBy);
  }

  /** S142. @returns the remote session ID */
  async ask(change: Partial<ApprovalRequest> = {}): Promise<string> {
    const remoteSessionId = randomUUID();
    const asked = {
      deviceId: 'mfp-1',
      applicationId: 'web',
      asker: { kind: 'user', id: 'tina', name: 'Tina Technician' },
      reason: 'Streaks',
    };
    const request = { remoteSessionId, ...asked, minutes: 5, answerWithinSeconds: 600, ...change };
    await this.server.request('agent-1', requestApproval, request);
    return remoteSessionId;
  }

  /** S149; the agent connects to a relay that answers. */
  async connect(remoteSessionId: string, applicationId = 'web'): Promise<void> {
    const relay = await startFakeRelay(remoteSessionId);
    this.relays.push(relay);
    await this.server.request('agent-1', connectionInfoToDevice, {
      remoteSessionId,
      deviceId: 'mfp-1',
      applicationId,
      url: `${relay.url}/cloud-hub`,
      sessionId: 's'.repeat(43),
      token: 't'.repeat(43),
      validUntil: '2030-01-01T00:00:00.000Z',
      validForSeconds: 300,
    });
  }

  /** The relay of the latest connection announces that it is about to be replaced. */
  drain(): void {
    const relay = this.relays.at(-1)!;
    relay.say(relay.half('/cloud-hub')!, { type: 'draining', returnAfterSeconds: 30 });
  }
  /** S314 */
  async halt(remoteSessionId: string): Promise<void> {
    await this.server.request('agent-1', terminate, { remoteSessionId, ending: 'halted-by-deployment' });
  }

  /** S122. @returns the job ID */
  async maintain(operation: Operation): Promise<string> {
    const jobId = randomUUID();
    const fields = orderFields({ jobId, deviceId: 'mfp-1', operation, expiresInSeconds: 600, requestedBy: 'Tina' });
    await this.server.command('agent-1', { jobId, operation, action: 'execute', fields });
    return jobId;
  }
  async cancel(operation: Operation, jobId: string): Promise<void> {
    await this.server.command('agent-1', { jobId, operation, action: 'cancel' });
  }

  /** Somebody at the agent's own page permits sessions with the web pages of a device. */
  async permit(deviceId: string): Promise<void> {
    const condition = {
      who: { kind: 'user', id: 'otto', name: 'Otto' },
      access: { kind: 'session', applications: ['web'], grant: 'operate' },
    };
    const headers = { 'content-type': 'application/json', origin: this.url };
    const body = JSON.stringify({ deviceId, condition });
    const { status } = await fetch(`${this.url}/conditions`, { method: 'POST', headers, body });
    if (status !== 204) throw new Error(`the condition was not set: ${status}`);
  }

  /** Waits until this is the latest answer. */
  answered(answer: string): Promise<unknown> {
    return until(answer, () => this.answers.at(-1) === answer);
  }

  async strike(): Promise<void> {
    await this.agent.stop();
    await this.server.stop();
    for (const relay of this.relays) await relay.close();
    await removeFolder(this.folder);
  }
}
