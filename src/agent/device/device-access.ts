import type { DeviceInformation } from '../../protocol/device-information';
import type { Operation } from '../../protocol/maintenance';

/** What the agent itself does with one device, beside carrying sessions to its applications; however it is spoken to. */
export interface DeviceAccess {
  /** What can be done with this device. */
  readonly operations: readonly Operation[];
  /** @throws DeviceUnreachable, DeviceRefused */
  information(signal?: AbortSignal): Promise<DeviceInformation>;
  /** @throws DeviceUnreachable, DeviceRefused, OperationUnsupported */
  identify(signal?: AbortSignal): Promise<void>;
  /** Has one page printed. @throws DeviceUnreachable, DeviceRefused, OperationUnsupported */
  printTestPage(title: string, signal?: AbortSignal): Promise<void>;
  /** Returns once the device has taken it; it is away for a while then. @throws as above */
  restart(signal?: AbortSignal): Promise<void>;
  /**
   * Sends a firmware file; returns once the device has taken all of it.
   * @param file path of the file, which is whole and checked
   * @param onSent bytes sent so far
   * @throws as above
   */
  sendFirmware(file: string, onSent: (bytes: number) => void, signal?: AbortSignal): Promise<void>;
}

/** The device does not answer. */
export class DeviceUnreachable extends Error {
  override readonly name = 'DeviceUnreachable';
}
/** The device answers that it will not, or something that is no answer; the message has its words. */
export class DeviceRefused extends Error {
  override readonly name = 'DeviceRefused';
}
/** The configuration of the agent names nothing by which this could be done. */
export class OperationUnsupported extends Error {
  override readonly name = 'OperationUnsupported';
}
