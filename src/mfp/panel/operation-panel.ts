import { OwnDisplay } from '../display/own-display';
import type { RemoteAccess } from '../display/remote-access';
import type { Machine } from '../machine/machine';
import { Displays } from './displays';
import { Panel } from './panel';
import { PanelServer } from './panel-server';
import type { PanelInput } from '../../protocol/simulated-mfp';

const LOOPBACK = '127.0.0.1';

export interface PanelPorts {
  /** Port of the device's own display, on loopback; 0: any free port. */
  displayPort?: number;
  /** Port for displays with full control; 0: any free port. */
  panelPort?: number;
  /** Port for view-only displays; 0: any free port. */
  viewPort?: number;
}

/** The operation panel with the ports for its displays. */
export class OperationPanel {
  private readonly displays = new Displays(() => this.own);
  readonly panel: Panel;
  private readonly own: OwnDisplay | undefined;
  private readonly ownServer: PanelServer;
  private readonly operating: PanelServer;
  private readonly viewing: PanelServer;

  /** @param access undefined: the display does not show remote access */
  constructor(machine: Machine, minuteMs?: number, access?: RemoteAccess) {
    const onInput = (display: number, input: PanelInput) => this.panel.input(display, input);
    this.panel = new Panel(machine, this.displays, minuteMs);
    this.own =
      access && new OwnDisplay({ access, boxes: () => machine.boxes.names, onChange: () => this.displays.refresh() });
    this.ownServer = new PanelServer(this.displays, {
      role: 'operate',
      place: 'device',
      onInput: (display, input) => {
        if (!this.own || this.own.input(input)) onInput(display, input);
      },
    });
    this.operating = new PanelServer(this.displays, { role: 'operate', place: 'remote', onInput });
    this.viewing = new PanelServer(this.displays, { role: 'view', place: 'remote', onInput });
  }

  /** Number of connected displays. */
  get connected(): number {
    return this.displays.count;
  }

  /** Opens the given ports; resolves with the bound ones. */
  async listen(host: string, { displayPort, panelPort, viewPort }: PanelPorts): Promise<PanelPorts> {
    return {
      displayPort: displayPort === undefined ? undefined : await this.ownServer.listen(LOOPBACK, displayPort),
      panelPort: panelPort === undefined ? undefined : await this.operating.listen(host, panelPort),
      viewPort: viewPort === undefined ? undefined : await this.viewing.listen(host, viewPort),
    };
  }

  async stop(): Promise<void> {
    this.own?.stop();
    this.panel.stop();
    await this.close();
  }

  /** Closes the ports and every display; they can be opened again. */
  async close(): Promise<void> {
    this.displays.close();
    await Promise.all([this.ownServer.close(), this.operating.close(), this.viewing.close()]);
  }
}
