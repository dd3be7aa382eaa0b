import type { Machine } from '../machine/machine';
import { Displays } from './displays';
import { Panel } from './panel';
import { PanelServer } from './panel-server';

export interface PanelPorts {
  /** Displays that operate; 0: any free port. */
  panelPort?: number;
  /** Displays that only view; 0: any free port. */
  viewPort?: number;
}

/** The operation panel, with the ports at which its displays connect. */
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

  /** How many displays are connected. */
  get connected(): number {
    return this.displays.count;
  }

  /** Opens the given ports; resolves with those it got. */
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
