import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { DeviceEvents } from '../devices/device-events';
import { UnknownDevice } from '../devices/devices.errors';
import { conditionOf } from '../devices/devices.presenter';
import { DevicesService } from '../devices/devices.service';
import { InTurn } from './in-turn';
import { LiveClients } from './live-clients';

/** Tells everybody when what is known of a device has changed. */
@Injectable()
export class InformationNews implements OnModuleInit {
  private readonly changed: InTurn;

  constructor(
    private readonly clients: LiveClients,
    private readonly events: DeviceEvents,
    private readonly devices: DevicesService,
    journal: Journal,
  ) {
    this.changed = new InTurn(
      (id) => this.tell(id),
      (error) => {
        if (!(error instanceof UnknownDevice)) journal.unexpected(error, 'telling of device information');
      },
    );
  }

  onModuleInit(): void {
    this.events.onInformed((id) => {
      if (!this.clients.none) this.changed.note(id);
    });
  }

  private async tell(id: string): Promise<void> {
    const { information } = await this.devices.get(id);
    this.clients.send({ type: 'information', id, condition: conditionOf(information) });
  }
}
