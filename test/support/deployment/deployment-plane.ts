import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { deployment, type Deployment, type DeploymentState } from '../../../src/protocol/deployment';
import { connectionInfo } from '../../../src/protocol/control-channel';
import type { RelayStanding } from '../../../src/protocol/relay-rpc';
import { dialRelay } from '../../../src/tunnel/relay-connection';
import type { RelayRun } from '../../../src/protocol/keeper-rpc';
import { productVersion } from '../../../src/journal/product-version';
import type { Relay } from '../../../src/relay/master/relay';
import type { Config } from '../../../src/server/config/config';
import { LOCAL_RELAY, RELAY_FOLDER, relayEnvironment } from '../../../src/server/relays/relay-environment';
import { pidFileOf } from '../../../src/server/relays/relay-process';
import { relaySecret } from '../../../src/server/relays/relay-secret';
import { loadSettings } from '../../../src/server/settings';
import { ControlPlane, type Prepared, type Who } from '../server/control-plane';
import { startRealRelay } from '../relay/real-relay';
import { FakeKeeper } from '../relay/fake-keeper';
import type { ScriptedRelay } from '../relay/scripted-relay';
import { setLimits } from '../relay/test-relay';
import { until } from '../until';

export const VERSION = productVersion();

/** New relays are monitored for a moment only, and sessions have all the time they need to end. */
const SETTINGS = { PLATEN_DEPLOY_PROVE_SECONDS: '0.05', PLATEN_HALF_END_SECONDS: '60' };

/** Deployments that look often, and may be looked at often. */
export const EAGER = { DEPLOYMENT_POLL_MS: 20, DEPLOYMENT_REFRESH_MS: 100, API_REQUESTS_PER_MINUTE: 60_000 };

/**
 * The real server with the relay `local` to deploy. Its keeper is a fake that starts real relays in this process;
 * what serves first is a scripted relay, so that a test decides how its sessions end.
 */
export class DeploymentPlane {
  plane!: ControlPlane;
  keeper!: FakeKeeper;
  /** By instance. */
  readonly relays = new Map<string, Relay>();
  private readonly scripted: ScriptedRelay[] = [];

  static async start(overrides: Record<string, string> = {}): Promise<DeploymentPlane> {
    const it = new DeploymentPlane();
    setLimits(EAGER);
    const settings = { PLATEN_RELAY: 'local', ...SETTINGS, ...overrides };
    it.plane = await ControlPlane.start(settings, (config) => it.keepRelay(config));
    it.keeper = await FakeKeeper.start(it.plane.config.data);
    it.useFakeKeeper();
    return it;
  }

  /** The keeper, as a test finds it: the scripted relay serves, candidates are real and good. */
  useFakeKeeper(): void {
    const { keeper } = this;
    keeper.asked.length = 0;
    keeper.before = () => Promise.resolve();
    const serving = keeper.status.serving!;
    keeper.status.restarts = 0;
    keeper.status.lastExit = null;
    keeper.status.candidate = null;
    keeper.status.wanted = { file: null, pairs: 1 };
    keeper.status.serving = {
      ...serving,
      ...keeper.status.wanted,
      instance: this.plane.relay.instance,
      version: VERSION,
      state: 'serving',
    };
    keeper.onTry = async (run) => ({ outcome: 'started', instance: await this.candidate(run) });
    keeper.onTakeOver = (candidate) => this.takeOver(candidate);
  }

  /** A real relay, as a candidate. @returns its instance */
  async candidate(run: RelayRun, version = VERSION): Promise<string> {
    const { keeper } = this;
    const instance = crypto.randomUUID();
    keeper.status.candidate = { ...keeper.status.serving!, ...run, instance, version, state: 'ready' };
    const real = { id: LOCAL_RELAY, instance, version, pairs: run.pairs };
    this.relays.set(instance, await startRealRelay(this.plane, real));
    return instance;
  }

  /** The candidate serves, and the relay before it has gone. */
  async takeOver(candidate: NonNullable<FakeKeeper['status']['candidate']>): Promise<void> {
    const earlier = this.keeper.status.serving!.instance;
    const relay = this.relays.get(candidate.instance)!;
    await relay.serve();
    this.keeper.serve(candidate);
    await (this.relays.get(earlier)?.stop() ?? this.plane.relay.leave());
    this.relays.delete(earlier);
    await relay.recover([]);
  }

  /** From now on a new relay stays monitored until the test ends that. */
  monitorsForLong(): void {
    this.plane.change({ PLATEN_DEPLOY_PROVE_SECONDS: '60' });
  }
  /** Monitoring that starts now, or starts again after a restart, ends at once. */
  monitorsBriefly(): void {
    this.plane.change(SETTINGS);
  }

  /** The relay that serves has exited; its keeper starts it again, which does not get as far as this server. */
  async crashes(how: string): Promise<void> {
    const { instance } = this.keeper.status.serving!;
    await this.relays.get(instance)?.stop();
    this.relays.delete(instance);
    this.keeper.restart(how);
  }

  /** As if the keeper had been killed, and had started what serves as another instance. */
  async keeperRestarts(): Promise<void> {
    const { keeper } = this;
    const { serving, wanted } = keeper.status;
    await this.relays.get(serving!.instance)?.stop();
    this.relays.delete(serving!.instance);
    await this.candidate(wanted, serving!.version!);
    const restarted = keeper.status.candidate!;
    await this.relays.get(restarted.instance)!.serve();
    await this.relays.get(restarted.instance)!.recover([]);
    keeper.serve(restarted);
  }

  /** A run of the relay with a link to the server and nothing behind it, in the place of a real one. */
  async hollow(instance: string, pairs: number, standing: RelayStanding = 'serving'): Promise<void> {
    await this.relays.get(instance)?.stop();
    this.relays.delete(instance);
    this.scripted.push(await this.plane.anotherRelay(LOCAL_RELAY, { instance, pairs, standing, version: VERSION }));
  }

  /** A session of which both ends are connected to the real relay that serves; its device ends when it is asked. */
  async throughTheRelay(who: Who): Promise<string> {
    const { plane } = this;
    const id = await plane.requested(who);
    await plane.decide(id, 'approved');
    const device = await dialRelay(
      connectionInfo.parse(await plane.agent.awaitRequest('connection-info', id)),
      'device',
    );
    const polled = await plane.connection(who, id);
    if (polled.status !== 'ready') throw new Error(`the terminal gets ${JSON.stringify(polled)}`);
    const terminal = await dialRelay(polled.connection, 'terminal');
    await Promise.all([device.joined, terminal.joined]);
    await plane.reaches(id, 'established');
    void plane.agent.awaitRequest('terminate', id).then(() => device.terminate());
    return id;
  }

  /** Whatever a test has left open ends, and a scripted relay serves again. */
  async reset(): Promise<void> {
    const { plane } = this;
    const { rows } = (await plane.call('ada', 'GET', '/deployments')).body as { rows: Deployment[] };
    for (const { id, finishedAt } of rows) {
      if (finishedAt) continue;
      await plane.call('ada', 'POST', `/deployments/${id}/abortion`);
      await this.reaches(id, 'deployed', 'rolled-back', 'aborted', 'failed');
    }
    await this.stopRelays();
    await Promise.all(this.scripted.splice(0).map((relay) => relay.leave()));
    plane.change(SETTINGS);
    plane.agent.answers.set('terminate', { body: { connected: true } });
    await plane.relay.leave();
    await plane.connectRelay(plane.relay);
    await plane.clear();
    this.useFakeKeeper();
  }

  private async stopRelays(): Promise<void> {
    await Promise.all([...this.relays.values()].map((relay) => relay.stop()));
    this.relays.clear();
  }

  async stop(): Promise<void> {
    await this.stopRelays();
    await this.keeper.stop();
    await this.plane.stop();
  }

  /** The server is stopped in order and started again; the keeper and its relays are not touched. */
  async restart(whileAway: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const { plane } = this;
    const { relay } = plane;
    await plane.halt();
    await whileAway();
    await this.keepRelay(plane.config);
    await plane.boot();
    await plane.connectAgent();
    if (this.keeper.status.serving?.instance === relay.instance) await plane.connectRelay(relay);
  }

  async instruct(body: object = { pairs: 2 }): Promise<Deployment> {
    const { status, body: answer } = await this.plane.call('ada', 'POST', '/deployments', body);
    if (status !== 201) throw new Error(`no deployment: ${JSON.stringify(answer)}`);
    return deployment.parse(answer);
  }
  async press(id: string, button: 'execution' | 'abortion' | 'roll-back', body?: object): Promise<Deployment> {
    const { status, body: answer } = await this.plane.call('ada', 'POST', `/deployments/${id}/${button}`, body);
    if (status > 201) throw new Error(`${button}: ${JSON.stringify(answer)}`);
    return deployment.parse(answer);
  }
  async get(id: string): Promise<Deployment> {
    const { status, body } = await this.plane.call('ada', 'GET', `/deployments/${id}`);
    if (status !== 200) throw new Error(`deployment ${id}: ${JSON.stringify(body)}`);
    return deployment.parse(body);
  }
  reaches(id: string, ...states: DeploymentState[]): Promise<Deployment> {
    let seen: Deployment;
    const look = async () => states.includes((seen = await this.get(id)).state) && seen;
    return until(`deployment ${id} to be ${states.join(' or ')}`, look, undefined, 40).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(seen)}`);
    });
  }

  /** What the relay does about a session whose device asks for its end, and whose terminal is ended by the server. */
  async endInOrder({ id, link }: Prepared): Promise<void> {
    const { agent, relay } = this.plane;
    relay.onEndSession = (linkId, half) => {
      const known = relay.links.get(linkId);
      if (known && half === 'terminal') void relay.end(known, half, 'control-plane');
    };
    await agent.awaitRequest('terminate', id);
    await relay.requestTermination(link.linkId, 'device');
    await relay.end(link, 'device', 'requested');
  }

  /**
   * A process that the server takes for the keeper of an earlier run, so that it starts none: the fake keeper is in this
   * process.
   */
  private async keepRelay(config: Config): Promise<void> {
    const { certificate, secrets } = await loadSettings(config);
    const folder = join(config.data, RELAY_FOLDER);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const secret = relaySecret(secrets.localRelaySecret, LOCAL_RELAY);
    const serverUrl = `http://127.0.0.1:${config.http.port}`;
    const env = relayEnvironment(config, certificate, { folder, secret, serverUrl });
    // ends with this process at the latest
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()', 'relay'], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    child.unref();
    (child.stdin as Socket).unref();
    writeFileSync(pidFileOf(folder), String(child.pid), { mode: 0o600 });
  }
}
