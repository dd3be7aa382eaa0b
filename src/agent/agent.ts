import type { Journal } from '../journal/journal';
import { announce, approval } from '../protocol/control-channel';
import { announcementOf } from './channel/announcement';
import type { Configuration, Device } from './configuration/configuration';
import { DeviceList } from './configuration/device-list';
import { ControlChannel, type ControlChannelOptions } from './channel/control-channel';
import { ENROL_AGAIN, signerOf, type Credentials } from './enrolment/credentials';
import type { DeviceAccess } from './device/device-access';
import { IdentifiedDevice } from './device/identified-device';
import { IdentityAcceptance } from './device/identity-acceptance';
import { IppDevice } from './device/ipp-device';
import { KnownIdentities } from './device/known-identities';
import { MergedDevice } from './device/merged-device';
import { SHIPPED_METERS } from './snmp/shipped-meters';
import { SnmpDevice } from './snmp/snmp-device';
import { DeviceFollower } from './discovery/device-follower';
import { Discovery } from './discovery/discovery';
import { hostOf } from './discovery/moved-device';
import { Displays } from './approval/displays';
import { Answers } from './approval/answers';
import { AccessControl } from './conditions/access-control';
import { ConditionReports } from './conditions/condition-reports';
import { ConditionStore } from './conditions/condition-store';
import { DenialLog } from './conditions/denial-log';
import { LanApproval } from './approval/lan-approval';
import { EndedSessions } from './sessions/ended-sessions';
import { DevicePoller } from './information/device-poller';
import { InformationExchange } from './information/information-exchange';
import { Maintenance } from './maintenance/maintenance';
import { PermittedOrigins } from './origins/permitted-origins';
import type { PanelActions } from './panel/panel-actions';
import { PanelServer } from './panel/panel-server';
import { panelView } from './panel/panel-view';
import { RemoteCheck } from './remote-check';
import type { Decision } from './sessions/agent-session';
import { RemoteSessions } from './sessions/remote-sessions';
import { PowerSaving } from './wake/power-saving';
import { Substitute } from './wake/substitute';
import { NO_PROXY } from '../tunnel/outbound-proxy';
import { AgentUpdates } from './update/agent-updates';
import type { RecentLog } from './log/recent-log';
import type { AgentVersions } from './update/agent-versions';
import { WakeKeys } from './wake/wake-keys';
import { WakeListener } from './wake/wake-listener';

const END_SESSIONS_MS = 10_000;
const ENDED_SHOWN = 20;

export interface AgentOptions extends ControlChannelOptions {
  /** Absent: this agent is not updated. */
  readonly versions?: AgentVersions;
  /** The last lines of the journal; undefined: none are kept. */
  readonly log?: RecentLog;
  /** By device ID; replaces the addresses in the configuration. A device without one supports sessions only. */
  readonly accesses?: ReadonlyMap<string, DeviceAccess>;
}

/** The device agent: composes its parts and starts them in order. */
export class Agent {
  private readonly configuration: Configuration;
  readonly #answers: Answers;
  readonly #ended: EndedSessions;
  readonly #access: AccessControl;
  readonly #conditionReports: ConditionReports;
  readonly #origins: PermittedOrigins;
  readonly #channel: ControlChannel;
  readonly #remoteSessions: RemoteSessions;
  readonly #accesses: ReadonlyMap<string, DeviceAccess>;
  readonly #poller: DevicePoller;
  readonly #follower: DeviceFollower;
  readonly #discovery: Discovery;
  readonly #information: InformationExchange;
  readonly #maintenance: Maintenance;
  readonly #panel: PanelServer;
  readonly #displays: Displays;
  readonly #lanApproval: LanApproval;
  readonly #substitute: Substitute;
  readonly #wakeKeys: WakeKeys;
  readonly #wakeListener: WakeListener;
  readonly #powerSaving: PowerSaving | undefined;
  readonly #updates: AgentUpdates | undefined;

  constructor(
    configured: Configuration,
    private readonly credentials: Credentials,
    private readonly journal: Journal,
    options: AgentOptions = {},
  ) {
    const list = new DeviceList(configured.devices);
    const devices = list.all;
    const configuration = { ...configured, devices };
    this.configuration = configuration;
    const { outbound = NO_PROXY } = options;
    const reports = (id: string) => this.#accesses.get(id)?.operations.includes('information') === true;
    this.#answers = new Answers({ folder: configuration.state, journal, signer: signerOf(credentials) });
    this.#ended = new EndedSessions(configuration.state, journal);
    this.#channel = new ControlChannel(credentials, journal, options);
    const store = new ConditionStore({ folder: configuration.state, journal });
    this.#access = new AccessControl(devices, store, new DenialLog(configuration.state, journal), journal);
    this.#conditionReports = new ConditionReports(devices, store, this.#access.denials, this.#channel, journal);
    this.#origins = new PermittedOrigins({ ...configuration, journal });
    const known = new KnownIdentities(configuration.state, journal);
    const read = readerOf(configuration);
    const identified = new Map(
      devices.filter(hostOf).map((each) => [each.id, new IdentifiedDevice(read(each), each, known)]),
    );
    this.#accesses = options.accesses ?? identified;
    this.#poller = new DevicePoller(this.#accesses, journal);
    this.#follower = new DeviceFollower({
      ...{ devices: list, ranges: configuration.ranges, known, poller: this.#poller, read, journal },
      folder: configuration.state,
      onMoved: (device, isFollowed) => {
        identified.get(device.id)?.moveTo(read(device), isFollowed);
        this.#remoteSessions.endAt(device.id);
      },
    });
    this.#poller.onInformation((deviceId, { problem }) => {
      const { found } = problem?.otherDevice ?? {};
      if (found && (found.serialNumber || found.uuid || found.mac)) this.#remoteSessions.endAt(deviceId);
    });
    this.#remoteSessions = new RemoteSessions({
      devices,
      origins: this.#origins,
      access: this.#access,
      journal,
      channel: this.#channel,
      outbound,
      otherDeviceAt: (deviceId) => this.#otherDeviceAt(deviceId),
      answers: this.#answers,
      onEnded: (ended) => this.#ended.add(ended),
    });
    new IdentityAcceptance({ devices, known, poller: this.#poller, channel: this.#channel, journal });
    const reportedDevice = (id: string) => (reports(id) ? list.find(id) : undefined);
    this.#information = new InformationExchange(reportedDevice, this.#poller, this.#channel, journal);
    const maintainedOf = ({ id, rules, model }: Device) => ({ access: this.#accesses.get(id), rules, model });
    const maintained = new Map(devices.map((each) => [each.id, maintainedOf(each)]));
    const server = {
      origin: configuration.server ?? credentials.server,
      get trust() {
        return { ...(options.keys?.trust ?? { pin: credentials.pin }), authority: credentials.authority };
      },
      outbound,
    };
    const releaseKey = configuration.releaseKey ?? credentials.releaseKey;
    this.#maintenance = new Maintenance({
      devices: maintained,
      poller: this.#poller,
      openSessions: (deviceId) => this.#remoteSessions.openAt(deviceId),
      channel: this.#channel,
      folder: configuration.state,
      server,
      releaseKey,
      signer: signerOf(credentials),
      journal,
      log: options.log,
    });
    this.#updates =
      options.versions &&
      new AgentUpdates({
        ...{ versions: options.versions, server, releaseKey, channel: this.#channel, journal },
        hours: configuration.updates?.hours,
        isBusy: () => this.#remoteSessions.busy || this.#maintenance.carriesOut,
      });
    new RemoteCheck({
      configuration,
      account: credentials,
      outbound,
      startReading: (deviceId) => this.#maintenance.startReading(deviceId),
      channel: this.#channel,
    });
    this.#discovery = new Discovery({
      ...{ configuration, devices: list, known, follower: this.#follower, read, channel: this.#channel, journal },
      onAdded: (device) => {
        list.add(device);
        identified.set(device.id, new IdentifiedDevice(read(device), device, known));
        maintained.set(device.id, maintainedOf(device));
        this.#follower.add(device);
        this.#poller.add(device.id);
        changed();
      },
      onRemoved: (deviceId) => {
        this.#remoteSessions.endAt(deviceId);
        this.#poller.remove(deviceId);
        this.#follower.remove(deviceId);
        maintained.delete(deviceId);
        identified.delete(deviceId);
        list.remove(deviceId);
        changed();
      },
      announce: () => this.#announceChange(),
    });
    const actions = this.#panelActions();
    this.#lanApproval = new LanApproval(configuration, actions, journal);
    this.#panel = new PanelServer(actions, [this.#lanApproval, this.#discovery], journal);
    this.#displays = new Displays(devices, {
      sessions: () => this.#remoteSessions.sessions,
      access: this.#access,
      decide: (id, answer, alsoForMinutes) => this.#decide(id, answer, alsoForMinutes),
      end: (id) => actions.end(id, { where: 'display' }),
      isOnline: () => this.#channel.reaches(approval),
      server: credentials.xmpp.host,
      folder: configuration.state,
      journal,
    });
    const changed = () => {
      this.#panel.changed();
      this.#lanApproval.changed();
      this.#displays.changed();
    };
    this.#remoteSessions.onChange(changed);
    this.#remoteSessions.onChange(() => this.#maintenance.sessionsChanged());
    this.#origins.onChange(changed);
    this.#access.store.onChange(changed);
    this.#access.denials.onChange(changed);
    this.#maintenance.onChange(changed);
    this.#channel.onChange(changed);
    this.#channel.afterLogin(() => {
      this.#maintenance.resume();
      return this.#announce();
    });
    this.#channel.onEnded((ending) => {
      this.#substitute.offline();
      if (ending === 'in-use' || ending === 'other-installation') this.#maintenance.suspend();
      if (ending === 'removed') {
        this.#maintenance.drop();
        this.#remoteSessions.revoke();
      }
    });
    this.#substitute = new Substitute({ channel: this.#channel, others: configuration.substituteFor, journal });
    this.#powerSaving = configuration.powerSaving && this.#savingPower(configuration.powerSaving, changed);
    this.#wakeKeys = new WakeKeys(configuration.state, journal);
    this.#wakeListener = new WakeListener({
      agentId: credentials.agentId,
      keys: () => this.#wakeKeys.all,
      onChannel: (substitute) => {
        journal.info('connected through a substitute');
        this.#channel.carryThrough(substitute);
        this.#powerSaving?.wake('woken by a substitute');
      },
      journal,
    });
  }

  #panelActions(): PanelActions {
    const { devices } = this.configuration;
    return {
      view: () =>
        panelView(
          {
            company: this.credentials.company,
            devices,
            sessions: this.#remoteSessions.sessions,
            jobs: this.#maintenance.jobs,
            online: this.#channel.reaches(approval),
            asleep: this.#powerSaving?.asleep === true,
            ended: this.#ended.latest(ENDED_SHOWN),
            access: this.#access,
            origins: this.#origins,
          },
          performance.now(),
        ),
      decide: (id, answer, alsoForMinutes) => this.#decide(id, answer, alsoForMinutes),
      decideJob: (jobId, decision, answeredBy) => {
        this.#maintenance.decide(jobId, decision, answeredBy);
        this.journal.info('maintenance job answered', { jobId, decision, answeredBy });
      },
      end: (remoteSessionId, answeredBy) => {
        this.#remoteSessions.end(remoteSessionId);
        this.journal.info('session ended here', { remoteSessionId, answeredBy });
      },
      setCondition: async (deviceId, condition, by) => void (await this.#access.set(deviceId, condition, by)),
      revokeCondition: (id) => this.#access.revoke(id),
      decideOrigin: (id, decision, by) => this.#origins.decide(id, decision, by),
      revokeOrigin: (id) => this.#origins.revoke(id),
      deviceOf: (action) => {
        if (action.do === 'set-condition') return action.deviceId;
        if (action.do === 'revoke-condition')
          return this.#access.store.all.find(({ id }) => id === action.id)?.deviceId;
        if (action.do === 'decide-origin' || action.do === 'revoke-origin') return this.#origins.deviceOf(action.id);
        if (action.do === 'decide-job') return this.#maintenance.jobs.get(action.jobId)?.order.deviceId;
        return this.#remoteSessions.sessions.get(action.remoteSessionId)?.asked.deviceId;
      },
    };
  }

  #savingPower({ afterMinutes }: NonNullable<Configuration['powerSaving']>, onChange: () => void): PowerSaving {
    const powerSaving = new PowerSaving({
      idleMs: afterMinutes * 60_000,
      channel: this.#channel,
      isBusy: () => this.#remoteSessions.busy || this.#maintenance.busy || this.#wakeKeys.all.length === 0,
      onChange,
      journal: this.journal,
    });
    this.#remoteSessions.onChange(() => powerSaving.resetIdleTimer());
    this.#maintenance.onChange(() => powerSaving.resetIdleTimer());
    return powerSaving;
  }

  /** As last polled; a poll starts now, so that another device is noticed before the person at the device has answered. */
  #otherDeviceAt(deviceId: string): string | undefined {
    if (this.#accesses.has(deviceId)) void this.#poller.poll(deviceId);
    const { problem } = this.#poller.known(deviceId);
    return problem?.code === 'other-device' ? problem.detail : undefined;
  }

  async #decide(remoteSessionId: string, answer: Decision, alsoForMinutes?: number): Promise<void> {
    this.#remoteSessions.decide(remoteSessionId, answer);
    const asked = this.#remoteSessions.sessions.get(remoteSessionId)?.asked;
    if (asked && alsoForMinutes !== undefined && answer.decision === 'approved')
      await this.#access.alsoFor(alsoForMinutes, asked, answer.grant, answer.answeredBy);
  }

  /** Resolves when its pages listen; the control channel connects in the background. */
  async start(): Promise<{ host: string; port: number }> {
    if (!signerOf(this.credentials))
      this.journal.warn(`answers are not signed: this agent was enrolled by an earlier version. ${ENROL_AGAIN}`);
    const { host, port } = this.configuration.panel;
    await this.#discovery.load();
    await this.#follower.load();
    await this.#answers.load();
    await this.#ended.load();
    await this.#access.store.load();
    await this.#origins.load();
    await this.#access.denials.load();
    await this.#updates?.load();
    const listening = await this.#panel.listen(host, port);
    await this.#lanApproval.start();
    await this.#listenForSubstitutes();
    this.#powerSaving?.resetIdleTimer();
    await this.#maintenance.start();
    this.#poller.start();
    await this.#displays.start();
    this.#channel.start();
    await this.#discovery.start();
    return listening;
  }

  /** Ends all sessions in order while the control channel is open, then closes everything. Limited in time. */
  async stop(): Promise<void> {
    this.#powerSaving?.stop();
    this.#updates?.stop();
    await this.#remoteSessions.close(END_SESSIONS_MS);
    await this.#wakeListener.close();
    this.#substitute.offline();
    await this.#maintenance.stop();
    this.#information.stop();
    this.#conditionReports.stop();
    this.#discovery.stop();
    await this.#follower.stop();
    this.#poller.stop();
    await this.#channel.stop();
    await this.#displays.stop();
    await this.#lanApproval.close();
    await this.#panel.close();
    await this.#answers.close();
    await this.#ended.close();
    await this.#access.store.close();
    await this.#origins.close();
    await this.#access.denials.close();
  }

  async #listenForSubstitutes(): Promise<void> {
    const { wake } = this.configuration;
    if (!wake) return;
    await this.#wakeKeys.load();
    await this.#wakeListener.listen(wake.host, wake.port);
  }

  /** After a change of the devices. If it fails, the next login announces them. */
  async #announceChange(): Promise<void> {
    if (!this.#channel.online) return;
    await this.#announce().catch((error: Error) =>
      this.journal.warn('the devices are announced with the next login', { detail: error.message }),
    );
  }

  async #announce(): Promise<void> {
    const { agentId } = this.credentials;
    const { devices, wake: address } = this.configuration;
    const key = address && (await this.#wakeKeys.present());
    const maintained = devices.map((device) => ({
      ...device,
      operations: [...(this.#accesses.get(device.id)?.operations ?? [])],
    }));
    const wake = address && key !== undefined ? { address, key } : undefined;
    const { refused } = await this.#channel.request(announce, { ...announcementOf(maintained), wake });
    if (wake) await this.#wakeKeys.accepted();
    for (const deviceId of refused)
      this.journal.error(
        'the device ID belongs to another agent or is not in the enrolment code; choose another ID or ask an administrator',
        {
          deviceId,
        },
      );
    this.#information.flush();
    this.#discovery.flush();
    this.#conditionReports.flush();
    this.journal.info('agent online', { agentId });
    this.#updates?.online();
  }
}

/** Reads a device in each of its protocols, without comparing it with the one that is known. */
function readerOf({ meterMaps = [] }: Configuration): (device: Device) => MergedDevice {
  const maps = [...meterMaps, ...SHIPPED_METERS];
  return (device) => {
    const { ipp, snmp, operations } = device;
    const sources = { ipp: ipp && new IppDevice(device), snmp: snmp && new SnmpDevice(snmp, maps) };
    return new MergedDevice({ ...sources, shareAddress: ipp?.host === snmp?.host }, operations);
  };
}
