import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Journal } from '../journal/journal';
import { createBoxServer } from './boxes/box-server';
import type { AgentInterface } from './display/agent-interface';
import { RawPort } from './firmware/raw-port';
import type { StatusSockets } from './web/status-sockets';
import type { Machine } from './machine/machine';
import type { OperationPanel, PanelPorts } from './panel/operation-panel';
import type { LoginScheme } from './web/device-login';
import { createWebServer } from './web/web-server';

/** 0: any free port, reused after a restart; undefined: none. */
export interface PortOptions extends PanelPorts {
  port: number;
  /** The raw port, which accepts firmware. */
  rawPort?: number;
  /** Its document boxes, over HTTP. */
  boxPort?: number;
  /** The display interface for the agent of this device, on loopback. */
  agentPort?: number;
  /** What programs log in with, as the administrator, before a restart or an installation; see `createWebServer`. */
  login?: LoginScheme;
}

/** Every port of the machine: web server with IPP, raw port, document boxes, displays, display interface. They are closed while it restarts. */
export class DevicePorts {
  private readonly server: Server;
  private readonly boxServer: Server;
  private readonly sockets: StatusSockets;
  private readonly raw: RawPort;
  private asked: PortOptions;

  constructor(
    machine: Machine,
    private readonly panel: OperationPanel,
    private readonly host: string,
    { port, rawPort, boxPort, agentPort, displayPort, panelPort, viewPort, login }: PortOptions,
    private readonly agent: AgentInterface | undefined,
    journal: Journal,
  ) {
    ({ server: this.server, sockets: this.sockets } = createWebServer(machine, login, journal));
    this.boxServer = createBoxServer(machine.boxes, journal);
    this.raw = new RawPort(machine);
    this.asked = { port, rawPort, boxPort, agentPort, displayPort, panelPort, viewPort };
  }

  /** Resolves with the bound ports. If one is not available, closes all and rejects with Node's error. */
  async open(): Promise<PortOptions> {
    const { port, rawPort, boxPort, agentPort = 0 } = this.asked;
    try {
      this.asked = {
        port: await listen(this.server, this.host, port),
        boxPort: boxPort === undefined ? undefined : await listen(this.boxServer, this.host, boxPort),
        rawPort: rawPort === undefined ? undefined : await this.raw.listen(this.host, rawPort),
        agentPort: await this.agent?.listen(agentPort),
        ...(await this.panel.listen(this.host, this.asked)),
      };
      return this.asked;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    this.sockets.close();
    await Promise.all([
      this.panel.close(),
      this.raw.close(),
      this.agent?.close(),
      ...[this.server, this.boxServer].map(closeServer),
    ]);
  }
}

/** Resolves with the port. */
async function listen(server: Server, host: string, port: number): Promise<number> {
  await once(server.listen(port, host), 'listening');
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
