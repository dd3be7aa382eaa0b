import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Journal } from '../journal/journal';
import { factoryMemory } from './factory-memory';
import { DEFAULT_NAME, DEFAULT_SERIAL, FIRMWARE, PRODUCT } from './identity';
import { Machine } from './machine';
import { MemoryFile } from './memory-file';
import { OperationPanel, type PanelPorts } from './panel/operation-panel';
import { createWebServer } from './web-server';

export interface MfpOptions extends PanelPorts {
  host?: string;
  /** 0: any free port. */
  port?: number;
  name?: string;
  serialNumber?: string;
  /** Folder in which the machine keeps its memory; undefined: it forgets all when it stops. */
  data?: string;
  /** Time that one printed page takes. */
  pageMs?: number;
  /** Time that one minute of the display's sleep setting takes. */
  minuteMs?: number;
}

export interface RunningMfp {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** The display, where it has been given ports. */
  readonly panelUrl?: string;
  readonly viewUrl?: string;
  readonly machine: Machine;
  readonly panel: OperationPanel;
  /** Closes every connection, then saves. */
  stop(): Promise<void>;
}

/** Starts a simulated MFP. @throws DamagedMemory, or node's error when the port cannot be had */
export async function startMfp(options: MfpOptions, journal: Journal): Promise<RunningMfp> {
  const { host = '127.0.0.1', port = 0, serialNumber = DEFAULT_SERIAL } = options;
  const file = options.data === undefined ? undefined : new MemoryFile(options.data);
  const memory = (await file?.read()) ?? factoryMemory(options.name ?? DEFAULT_NAME);
  if (options.name !== undefined) memory.settings.name = options.name;
  const identity = { product: PRODUCT, name: memory.settings.name, serialNumber, firmware: FIRMWARE };
  const machine = new Machine(identity, memory, options.pageMs);
  const save = (): void => {
    file?.save(memory).catch((error: unknown) => journal.unforeseen(error, 'saving the memory of the machine'));
  };
  machine.on('changed', save);
  const { server, sockets } = createWebServer(machine, journal);
  const panel = new OperationPanel(machine, options.minuteMs);
  let ports: PanelPorts;
  try {
    server.listen(port, host);
    await once(server, 'listening');
    ports = await panel.listen(host, options);
  } catch (error) {
    machine.stop();
    server.close();
    await panel.stop();
    throw error;
  }
  const bound = (server.address() as AddressInfo).port;
  const urlOf = (of: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${of}/`;
  journal.info('mfp listening', { host, port: bound, ...ports });
  return {
    host,
    port: bound,
    url: urlOf(bound),
    panelUrl: ports.panelPort === undefined ? undefined : urlOf(ports.panelPort),
    viewUrl: ports.viewPort === undefined ? undefined : urlOf(ports.viewPort),
    panel,
    machine,
    stop: async () => {
      machine.stop();
      sockets.close();
      await panel.stop();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await file?.save(memory);
      journal.info('mfp stopped');
    },
  };
}
