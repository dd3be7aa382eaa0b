import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { INestApplication, Type } from '@nestjs/common';
import { alert, type Alert, type AlertSettings, type CustomerAlertSettings } from '../../../src/protocol/alert';
import { announce, reportInformation } from '../../../src/protocol/control-channel';
import { deviceInformation, type DeviceInformation } from '../../../src/protocol/device-information';
import type { z } from 'zod';
import type { agent as agentSchema } from '../../../src/protocol/api';
import type { Delivery } from '../../../src/protocol/webhook';
import { AlertSchedule } from '../../../src/server/alerts/alert-schedule';
import { DeliveriesService } from '../../../src/server/alerts/delivery/deliveries.service';
import { DeliveryOutbox } from '../../../src/server/alerts/delivery/delivery-outbox';
import { AgentEvaluation } from '../../../src/server/alerts/rules/agent-evaluation';
import { DeviceEvaluation } from '../../../src/server/alerts/rules/device-evaluation';
import { LIMITS } from '../../../src/protocol/limits';
import vectors from '../../vectors/control-channel.json';
import type { ScriptedAgent } from '../agent/scripted-agent';
import { until } from '../until';
import { announcedPrinter, ControlPlane } from './control-plane';

const SAMPLE = deviceInformation.parse(vectors.acquireInformation.response);
/** A device without anything to raise an alert about. */
export const HEALTHY: DeviceInformation = {
  ...SAMPLE,
  state: 'idle',
  alerts: [],
  supplies: [{ name: 'Black toner', type: 'toner', colour: '#000000', level: 80 }],
};
export const withToner = (level: number): DeviceInformation => ({
  ...HEALTHY,
  supplies: [{ ...HEALTHY.supplies[0]!, level }],
});
export const withAlert = (code: string, severity: 'error' | 'warning' = 'error'): DeviceInformation => ({
  ...HEALTHY,
  alerts: [{ severity, code, text: '' }],
});

type Agent = z.infer<typeof agentSchema>;

/** A test does not wait as long as a receiver may need. */
const RETRY_FIRST_MS = 20;

/** The real server with the agent `box` and its device `printer`, which is healthy; time passes when a test says so. */
export class AlertsStage {
  private app!: INestApplication;

  private constructor(readonly plane: ControlPlane) {}

  static async start(environment: Record<string, string> = {}): Promise<AlertsStage> {
    const [plane, app] = await withApplication(() => ControlPlane.start(environment));
    const it = new AlertsStage(plane);
    it.use(app);
    await it.informed('printer');
    await it.clear();
    return it;
  }

  /** Ends the server as SIGTERM does and starts it again; the agent is back and has reported `information`. */
  async restart(information?: DeviceInformation): Promise<void> {
    await this.halt();
    await this.boot();
    if (information) await this.connect(information);
  }
  halt(): Promise<void> {
    return this.plane.halt();
  }
  async boot(): Promise<void> {
    const [, app] = await withApplication(() => this.plane.boot());
    this.use(app);
  }
  async connect(information: DeviceInformation): Promise<void> {
    await this.plane.connectAgent(new Map([['acquire-information', { body: information }]]));
    await this.report(information);
  }
  stop(): Promise<void> {
    return this.plane.stop();
  }

  get<Service>(service: Type<Service>): Service {
    return this.app.get(service, { strict: false });
  }
  get agents(): AgentEvaluation {
    return this.get(AgentEvaluation);
  }

  /** The agent reports, and the server has compared it with the rules. */
  async report(
    information: DeviceInformation,
    deviceId = 'printer',
    agent: ScriptedAgent = this.plane.agent,
  ): Promise<void> {
    agent.answers.set('acquire-information', { body: information });
    expect(await agent.ask(reportInformation, { deviceId, information })).toEqual({});
    await this.settled();
  }
  settled(): Promise<void> {
    return this.get(DeviceEvaluation).settled();
  }
  /** One minute's work. */
  async tick(now = new Date()): Promise<void> {
    await this.get(AlertSchedule).tick(now);
    await this.settled();
  }
  /** What waits for so long is due. */
  async pass(minutes: number): Promise<void> {
    const ms = minutes * 60_000;
    await this.plane.write(
      `UPDATE alerts SET since = since - ${ms}, "dueAt" = "dueAt" - ${ms} WHERE state = 'waiting'`,
    );
  }
  /** As if the server had been waiting for its agents for so long. */
  passSinceStart(minutes = LIMITS.ALERT_GRACE_MS / 60_000): void {
    this.agents.startedAt = Date.now() - minutes * 60_000;
  }
  seenAgo(agentId: string, minutes: number): Promise<void> {
    return this.plane.write(
      `UPDATE agents SET "lastSeenAt" = ${Date.now() - minutes * 60_000} WHERE id = '${agentId}'`,
    );
  }

  /** An agent with one device, which is online. */
  async agent(agentId: string, devices = [`${agentId}-mfp`]): Promise<ScriptedAgent> {
    const agent = await this.plane.streamOf(await this.plane.enrol(agentId));
    agent.answers.set('acquire-information', { body: HEALTHY });
    await agent.ask(announce, { agentVersion: '1', devices: devices.map(announcedPrinter) });
    for (const device of devices) await this.informed(device);
    return agent;
  }
  /** What follows an announcement has been reported: it cannot come after what a test reports. */
  private async informed(deviceId: string): Promise<void> {
    const path = `/devices/${deviceId}/information`;
    await this.until(
      () => this.plane.call('ada', 'GET', path),
      ({ body }) => body.information !== null,
    );
    await this.settled();
  }
  /** It has left, and the server knows. */
  async gone(agentId: string, agent: ScriptedAgent, minutes: number): Promise<void> {
    const look = async () => {
      const { body } = await this.plane.call('ada', 'GET', '/agents');
      return (body as unknown as Agent[]).find(({ id }) => id === agentId)!;
    };
    const { lastSeenAt: atLogin } = await look();
    await agent.leave();
    await this.until(look, ({ online, lastSeenAt }) => !online && lastSeenAt !== atLogin);
    await this.seenAgo(agentId, minutes);
  }

  async alerts(query = 'state=all'): Promise<Alert[]> {
    const { body } = await this.plane.call('ada', 'GET', `/alerts?limit=200&${query}`);
    return (body as { rows: unknown[] }).rows.map((row) => alert.parse(row));
  }
  open(): Promise<Alert[]> {
    return this.alerts('state=open');
  }
  until<T>(look: () => Promise<T>, isRight: (seen: T) => boolean): Promise<T> {
    return until('the alerts to be as expected', async () => {
      const seen = await look();
      return isRight(seen) ? { seen } : undefined;
    }).then(({ seen }) => seen);
  }

  /** Changes the settings for all customers. */
  async set(change: (settings: AlertSettings) => Partial<AlertSettings>): Promise<void> {
    const { body } = await this.plane.call('ada', 'GET', '/alert-settings');
    const settings = body as unknown as AlertSettings;
    const { status } = await this.plane.call('ada', 'PUT', '/alert-settings', { ...settings, ...change(settings) });
    expect(status).toBe(200);
    await this.settled();
  }
  async setOfCustomer(id: string, change: Partial<CustomerAlertSettings>): Promise<void> {
    const path = `/customers/${id}/alert-settings`;
    const { body } = await this.plane.call('ada', 'GET', path);
    expect((await this.plane.call('ada', 'PUT', path, { ...body, ...change })).status).toBe(200);
    await this.settled();
  }

  async webhook(url: string, more: Record<string, unknown> = {}): Promise<{ id: string; secret: string }> {
    const body = { name: 'Desk', customerId: null, url, ...more };
    const answer = await this.plane.call('ada', 'POST', '/webhooks', body);
    expect(answer.status).toBe(201);
    return answer.body as { id: string; secret: string };
  }
  async deliveries(): Promise<Delivery[]> {
    const { body } = await this.plane.call('ada', 'GET', '/alert-deliveries?limit=200');
    return (body as { rows: Delivery[] }).rows;
  }

  /** No alert, delivery, webhook or setting of an earlier test is left, nor anything on its way; the device is healthy. */
  async clear(): Promise<void> {
    await this.report(HEALTHY);
    for (const table of ['alert_deliveries', 'webhooks', 'alerts', 'alert_settings'])
      await this.plane.write(`DELETE FROM ${table}`);
    await this.set(() => ({}));
    await until('what is being sent to have arrived', () => !this.isSending);
  }
  private get isSending(): boolean {
    const outbox = this.get(DeliveryOutbox);
    return outbox['claiming'] !== undefined || outbox['sending'].size > 0;
  }

  private use(app: INestApplication): void {
    this.app = app;
    this.get(DeliveryOutbox).retryFirstMs = RETRY_FIRST_MS;
    this.get(DeliveriesService).collectMs = 0;
  }
}

async function withApplication<T>(start: () => Promise<T>): Promise<[T, INestApplication]> {
  const create = jest.spyOn(NestFactory, 'create');
  try {
    const started = await start();
    return [started, (await create.mock.results[0]!.value) as INestApplication];
  } finally {
    create.mockRestore();
  }
}

export interface ReceivedWebhook {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A real HTTP server on loopback that receives webhooks; what it answers can be changed at any time. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  /** Status and headers, or a promise of them: until then the sender waits. */
  answer: (received: ReceivedWebhook) => Answer | Promise<Answer> = () => [204];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<WebhookReceiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const it = new WebhookReceiver(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`);
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        const received = { headers: request.headers, body };
        it.received.push(received);
        void Promise.resolve(it.answer(received)).then(([status, headers]) =>
          response.writeHead(status, headers).end(),
        );
      });
    });
    return it;
  }

  renew(): void {
    this.received.length = 0;
    this.answer = () => [204];
  }
  /** `type` of each body, in the order in which they came. */
  get types(): string[] {
    return this.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  }
  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
type Answer = readonly [status: number, headers?: Record<string, string>];

/** As a receiver verifies it, by the specification and not by the code that signs. */
export function isSigned({ headers, body }: ReceivedWebhook, secret: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const expected = createHmac('sha256', key).update(signed).digest('base64');
  return headers['webhook-signature'] === `v1,${expected}`;
}
