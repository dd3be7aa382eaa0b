import type { DeviceInformation, DeviceState } from '../../protocol/device-information';
import type { HoldReason, JobFailure, Operation } from '../../protocol/maintenance';
import type { DeviceAccess } from '../device/device-access';

/** A device as maintenance sees it. */
export interface MaintainedDevice {
  /** Undefined: the configuration names nothing by which it could be spoken to. */
  readonly access: DeviceAccess | undefined;
  /** What the configuration permits; undefined: everything. */
  readonly permitted: readonly Operation[] | undefined;
}

/** Why an operation will never be carried out at this device; null: nothing stands against it. */
export function refusalOf(operation: Operation, device: MaintainedDevice | undefined): JobFailure | null {
  if (!device) return 'unknown-device';
  if (device.permitted && !device.permitted.includes(operation)) return 'forbidden';
  return device.access?.operations.includes(operation) ? null : 'unsupported';
}

/** `hold` is null where the device can execute the operation now; `detail` has the device's words. */
export interface Determination {
  readonly hold: HoldReason | null;
  readonly detail: string;
}

/** The states in which a device cannot execute an operation; every operation needs a device that answers. */
const HELD_IN: Readonly<Record<Operation, Partial<Record<DeviceState, HoldReason>>>> = {
  information: {},
  counters: {},
  identify: {},
  // A printer that is printing queues the page itself.
  'test-page': { stopped: 'stopped' },
  // These would cut off what is being printed; a stopped device may need just that.
  restart: { processing: 'processing' },
  'firmware-install': { processing: 'processing' },
};
/** These print, and an alert that is an error keeps a printer from it, whatever it says of its state. */
const PRINTING: readonly Operation[] = ['test-page'];

/** Whether the device can execute an operation (abstract 3): from what it said of itself last. Pure. */
export function determine(operation: Operation, { reached, state, alerts }: DeviceInformation): Determination {
  if (!reached) return { hold: 'unreachable', detail: '' };
  const errors = alerts.filter(({ severity }) => severity === 'error');
  const hold = HELD_IN[operation][state] ?? (PRINTING.includes(operation) && errors.length > 0 ? 'stopped' : null);
  const words = errors.map(({ text, code }) => text || code).join(', ');
  return { hold, detail: hold === 'stopped' ? words.slice(0, 500) : '' };
}
