import type { Element } from '@xmpp/client';
import type { Journal } from '../../journal/journal';
import { type JobReport, NS_COMMANDS } from '../../protocol/ad-hoc-command';
import type { AnsweredBy } from '../../protocol/approval-record';
import { jobSigner } from '../approval/job-approval-record';
import type { Signer } from '../approval/approval-record';
import type { ControlChannel } from '../channel/control-channel';
import { encodeProblem } from '../channel/json-container';
import type { DeviceAccess } from '../device/device-access';
import type { RecentLog } from '../log/recent-log';
import type { DevicePoller } from '../information/device-poller';
import { carryOut } from './operations';
import { type Command, encodeRefusal, encodeReport, readCommand } from './command-element';
import type { MaintainedDevice } from './executability';
import { refusalOfFirmware, type FirmwareCheck } from './firmware-check';
import { removeFirmwareFiles, type OwnServer } from './firmware-download';
import type { AgentJobs } from './job';
import { JobRunner, type JobRunnerTimes } from './job-runner';
import { JobStore } from './job-store';
import { CommandRefused } from './maintenance.errors';
import { OperationCounts } from './operation-counts';
import { answerDiscovery } from './service-discovery';
import type { OperationTimes } from './operation-context';

export interface MaintenanceOptions {
  readonly devices: ReadonlyMap<string, MaintainedDevice>;
  readonly poller: DevicePoller;
  /** Remote sessions of a device that are open or wait for approval. */
  readonly openSessions: (deviceId: string) => number;
  readonly channel: Pick<ControlChannel, 'answer'>;
  /** The agent's state folder. */
  readonly folder: string;
  readonly server: OwnServer;
  /** Verifies firmware; undefined: none is written. */
  readonly releaseKey: string | undefined;
  /** Signs the answers to jobs; undefined: this agent has no signing key. */
  readonly signer?: Signer;
  readonly journal: Journal;
  /** The last lines of it. */
  readonly log?: Pick<RecentLog, 'lines'>;
  readonly times?: JobRunnerTimes & OperationTimes;
}

/** The agent's side of maintenance (E2, abstract 3): composes its parts. */
export class Maintenance {
  readonly #stopping = new AbortController();
  readonly #runner: JobRunner;

  constructor(private readonly options: MaintenanceOptions) {
    const { devices, poller: watch, openSessions, channel, folder, server, journal, log, times } = options;
    const { signal } = this.#stopping;
    const checkFirmware = firmwareCheck(options);
    this.#runner = new JobRunner({
      devices,
      poller: watch,
      openSessions,
      refusalOfFirmware: checkFirmware,
      sign: options.signer && jobSigner(options.signer),
      store: new JobStore(folder, journal),
      counts: new OperationCounts(folder, journal),
      carryOut: (order, reports) => {
        // Defined: without an access, `refusalOf` refuses the job.
        const access = devices.get(order.deviceId)?.access as DeviceAccess;
        const own = { poller: watch, folder, server, refusalOfFirmware: checkFirmware, journal, log, signal, times };
        return carryOut(order, access, reports, own);
      },
      journal,
      ...times,
    });
    answerCommands(channel, this.#runner, journal);
    answerDiscovery(channel);
  }

  get jobs(): AgentJobs {
    return this.#runner.jobs;
  }

  /** YES or NO at the device to a job that waits for it. @throws ProblemError unknown-job, wrong-state */
  decide(jobId: string, decision: 'approved' | 'declined', by: AnsweredBy): void {
    this.#runner.decide(jobId, decision, by);
  }

  /** Whether the owner lets the server have a device read now; counts it as `information`. */
  startReading(deviceId: string): Promise<boolean> {
    return this.#runner.startReading(deviceId);
  }

  /** Whether any job is open. */
  get busy(): boolean {
    return [...this.jobs.values()].some(({ phase }) => phase.name !== 'over');
  }

  /** Whether any job has been started at a device, and is not over. */
  get carriesOut(): boolean {
    return [...this.jobs.values()].some(({ phase }) => phase.name === 'started');
  }

  /** The listener is called after every change. Call this before `start`. */
  onChange(listener: () => void): void {
    this.#runner.onChange(listener);
  }

  /** Loads the stored jobs. Call this before the control channel opens. */
  async start(): Promise<void> {
    await this.#runner.start();
    await removeFirmwareFiles(this.options.folder);
  }

  /**
   * The server has accepted this installation: jobs start from now on. Until then a stored job waits, because a copy of the
   * state folder holds the same jobs.
   */
  resume(): void {
    this.#runner.resume();
  }

  /** Called after every change of the remote sessions. */
  sessionsChanged(): void {
    this.#runner.sessionsChanged();
  }

  /** The account belongs to another installation: no further job starts here. */
  suspend(): void {
    this.#runner.suspend();
  }

  /** This agent was removed: no job that has not started will start. */
  drop(): void {
    this.#runner.suspend();
    this.#runner.drop();
  }

  /** Ends the jobs that are being carried out as `interrupted`. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#runner.stop();
  }
}

const firmwareCheck =
  ({ devices, releaseKey }: MaintenanceOptions): FirmwareCheck =>
  ({ deviceId, firmware }, information) => {
    const device = devices.get(deviceId);
    const downgrade = device?.rules['firmware-install'].downgrade === true;
    return firmware && refusalOfFirmware(firmware, { releaseKey, model: device?.model ?? '', downgrade, information });
  };

/** S122, S124: answers the maintenance commands (XEP-0050) of the control plane. */
function answerCommands(channel: Pick<ControlChannel, 'answer'>, runner: JobRunner, journal: Journal): void {
  const answer = async (payload: Element): Promise<Element> => {
    try {
      const command = readCommand(payload);
      const { operation, jobId } = command.action === 'execute' ? command.order : command;
      return encodeReport(operation, jobId, await reportFor(runner, command));
    } catch (error) {
      if (error instanceof CommandRefused) return encodeRefusal(error);
      return encodeProblem('internal-error', `incident ${journal.unexpected(error, 'answering a command')}`);
    }
  };
  channel.answer({ type: 'set', name: 'command', namespace: NS_COMMANDS, answer });
}

async function reportFor(runner: JobRunner, command: Command): Promise<JobReport> {
  switch (command.action) {
    case 'execute':
      return runner.execute(command.order);
    case 'next':
      return runner.next(command.operation, command.jobId);
    case 'cancel':
      return runner.cancel(command.operation, command.jobId);
  }
}
