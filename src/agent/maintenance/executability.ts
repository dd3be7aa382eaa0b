import type { DeviceInformation, DeviceState } from '../../protocol/device-information';
import type { HoldReason, JobFailure, Operation } from '../../protocol/maintenance';
import type { DeviceAccess } from '../device/device-access';

/** What maintenance needs to know about a device. */
export interface MaintainedDevice {
  /** Undefined if the configuration has no address for it. */
  readonly access: DeviceAccess | undefined;
  /** What the configuration permits; undefined: everything. */
  readonly permitted: readonly Operation[] | undefined;
}

/** Why this device can never execute the operation; null: it can. */
export function refusalOf(operation: Operation, device: MaintainedDevice | undefined): JobFailure | null {
  if (!device) return 'unknown-device';
  if (device.permitted && !device.permitted.includes(operation)) return 'forbidden';
  return device.access?.operations.includes(operation) ? null : 'unsupported';
}

/** `hold` is null if the device can execute the operation now; `detail` is the device's text. */
export interface Determination {
  readonly hold: HoldReason | null;
  readonly detail: string;
}

/** The states in which a device cannot execute an operation. Every operation needs a device that answers. */
const HELD_IN: Readonly<Record<Operation, Partial<Record<DeviceState, HoldReason>>>> = {
  information: {},
  counters: {},
  identify: {},
  // A printer that is printing queues the page.
  'test-page': { stopped: 'stopped' },
  // These would cut off the current print job; a stopped device may need a restart.
  restart: { processing: 'processing' },
  'firmware-install': { processing: 'processing' },
};
/** A printer with an error alert cannot execute these, whatever state it reports. */
const PRINTING: readonly Operation[] = ['test-page'];

/** Whether the device can execute an operation (abstract 3), from its latest device information. Pure. */
export function determine(operation: Operation, { reached, state, alerts }: DeviceInformation): Determination {
  if (!reached) return { hold: 'unreachable', detail: '' };
  const errors = alerts.filter(({ severity }) => severity === 'error');
  const hold = HELD_IN[operation][state] ?? (PRINTING.includes(operation) && errors.length > 0 ? 'stopped' : null);
  const words = errors.map(({ text, code }) => text || code).join(', ');
  return { hold, detail: hold === 'stopped' ? words.slice(0, 500) : '' };
}
