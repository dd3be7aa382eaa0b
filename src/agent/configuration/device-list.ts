import type { Device } from './configuration';

/** The devices of this agent. `all` stays the same array while they change. */
export class DeviceList {
  readonly all: readonly Device[];
  readonly #devices: Device[];

  constructor(configured: readonly Device[]) {
    this.#devices = [...configured];
    this.all = this.#devices;
  }

  find(id: string): Device | undefined {
    return this.#devices.find((each) => each.id === id);
  }

  add(device: Device): void {
    this.#devices.push(device);
  }

  remove(id: string): void {
    const index = this.#devices.findIndex((each) => each.id === id);
    if (index >= 0) this.#devices.splice(index, 1);
  }

  /** In the place of the device with the same ID. */
  replace(device: Device): void {
    const index = this.#devices.findIndex(({ id }) => id === device.id);
    if (index >= 0) this.#devices[index] = device;
  }
}
