import { join } from 'node:path';
import type { Journal } from '../journal/journal';
import { Boxes } from './boxes/boxes';
import { AgentInterface, readSecretHash } from './display/agent-interface';
import { RemoteAccess } from './display/remote-access';
import { DevicePorts, type PortOptions } from './device-ports';
import { factoryMemory } from './machine/factory-memory';
import type { DeviceKind } from '../protocol/device-kinds';
import { DEFAULT_NAME, DEFAULT_SERIAL, PRODUCTS } from './machine/identity';
import { Machine } from './machine/machine';
import { MemoryFile } from './machine/memory-file';
import { MFP_LIMITS } from './mfp-limits';
import { OperationPanel } from './panel/operation-panel';
import { Power } from './power';

export interface MfpOptions extends Partial<PortOptions> {
  host?: string;
  /** What it is; an MFP if omitted. */
  kind?: DeviceKind;
  name?: string;
  serialNumber?: string;
  /** Folder of the machine's memory and document boxes; undefined: they are lost when the machine stops. */
  data?: string;
  /** File with the secret of this device's agent, which may then use its display; or the hash of the secret. */
  agentSecretFile?: string;
  /** Without a state of the agent for this long, the display knows nothing of remote access. */
  staleMs?: number;
  /** Duration of one printed page. */
  pageMs?: number;
  /** Duration of one minute of the display's sleep setting. */
  minuteMs?: number;
  /** How long it is unreachable during a restart. */
  restartMs?: number;
  /** How long it writes firmware, and answers with its old version, before it restarts. */
  writeMs?: number;
}

export interface RunningMfp {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** The raw port, if it has one. */
  readonly rawPort?: number;
  /** Its document boxes, if they have a port: the address that `/boxes` follows. */
  readonly boxUrl?: string;
  /** The device's own display, and the interface for its agent. */
  readonly displayUrl?: string;
  readonly agentUrl?: string;
  /** Displays elsewhere, if there are ports for them. */
  readonly panelUrl?: string;
  readonly viewUrl?: string;
  readonly machine: Machine;
  readonly panel: OperationPanel;
  /** Closes every connection, then saves. */
  stop(): Promise<void>;
}

/** Starts a simulated MFP. @throws DamagedMemory, BadSecretFile, or Node's error if a port is not available */
export async function startMfp(options: MfpOptions, journal: Journal): Promise<RunningMfp> {
  const { host = '127.0.0.1', port = 0, serialNumber = DEFAULT_SERIAL, kind = 'mfp' } = options;
  const file = options.data === undefined ? undefined : new MemoryFile(options.data);
  const memory = (await file?.read()) ?? factoryMemory(options.name ?? DEFAULT_NAME, kind);
  if (options.name !== undefined) memory.settings.name = options.name;
  const boxes = new Boxes(options.data === undefined ? undefined : join(options.data, 'boxes'));
  await boxes.load();
  const identity = { kind, product: PRODUCTS[kind], name: memory.settings.name, serialNumber };
  const machine = new Machine(identity, memory, boxes, options.pageMs);
  const save = (): void => {
    file?.save(memory).catch((error: unknown) => journal.unexpected(error, 'saving the memory of the machine'));
  };
  machine.on('changed', save);
  const secretHash = options.agentSecretFile === undefined ? undefined : await readSecretHash(options.agentSecretFile);
  const access = secretHash && new RemoteAccess(options.staleMs);
  const agent = access && new AgentInterface(access, secretHash, journal);
  const panel = new OperationPanel(machine, options.minuteMs, access);
  const ports = new DevicePorts(machine, panel, host, { ...options, port }, agent, journal);
  const { restartMs = MFP_LIMITS.RESTART_MS, writeMs = 0 } = options;
  const power = new Power(machine, ports, { restartMs, writeMs }, journal);
  const stop = async (): Promise<void> => {
    await power.stop();
    access?.stop();
    await panel.stop();
  };
  const bound = await ports.open().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const urlOf = (of: number, at = host): string => `http://${at.includes(':') ? `[${at}]` : at}:${of}/`;
  const ownUrlOf = (of: number | undefined) => (of === undefined ? undefined : urlOf(of, '127.0.0.1'));
  journal.info('mfp listening', { host, ...bound });
  return {
    host,
    port: bound.port,
    url: urlOf(bound.port),
    rawPort: bound.rawPort,
    boxUrl: bound.boxPort === undefined ? undefined : urlOf(bound.boxPort),
    displayUrl: ownUrlOf(bound.displayPort),
    agentUrl: ownUrlOf(bound.agentPort),
    panelUrl: bound.panelPort === undefined ? undefined : urlOf(bound.panelPort),
    viewUrl: bound.viewPort === undefined ? undefined : urlOf(bound.viewPort),
    panel,
    machine,
    stop: async () => {
      await stop();
      await file?.save(memory);
      journal.info('mfp stopped');
    },
  };
}
