import type { Machine } from '../machine/machine';
import { Displays } from './displays';
import { Panel } from './panel';
import { PanelServer } from './panel-server';

export interface PanelPorts {
  /** Port for displays with full control; 0: any free port. */
  panelPort?: number;
  /** Port for view-only displays; 0: any free port. */
  viewPort?: number;
}

/** The operation panel with the ports for its displays. */
export class OperationPanel {
  private readonly displays = new Displays();
  readonly panel: Panel;
  private readonly operating: PanelServer;
  private readonly viewing: PanelServer;

  constructor(machine: Machine, minuteMs?: number) {
    this.panel = new Panel(machine, this.displays, minuteMs);
    this.operating = new PanelServer(this.panel, this.displays, 'operate');
    this.viewing = new PanelServer(this.panel, this.displays, 'view');
  }

  /** Number of connected displays. */
  get connected(): number {
    return this.displays.count;
  }

  /** Opens the given ports; resolves with the bound ones. */
  async listen(host: string, { panelPort, viewPort }: PanelPorts): Promise<PanelPorts> {
    return {
      panelPort: panelPort === undefined ? undefined : await this.operating.listen(host, panelPort),
      viewPort: viewPort === undefined ? undefined : await this.viewing.listen(host, viewPort),
    };
  }

  async stop(): Promise<void> {
    this.panel.stop();
    await this.close();
  }

  /** Closes the ports and every display; they can be opened again. */
  async close(): Promise<void> {
    this.displays.close();
    await Promise.all([this.operating.close(), this.viewing.close()]);
  }
}
