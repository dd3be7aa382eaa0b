import type { DeviceAlert, DeviceInformation, DeviceProblem, OtherDevice } from '../../protocol/device-information';
import type { Operation } from '../../protocol/maintenance';
import type { SettingsAccess } from './known-setting';
import type { Readiness } from './readiness';

/** An alert, present or past, that the device has raised. */
export interface PastAlert extends DeviceAlert {
  /** By the clock of this agent; undefined: the device does not say. */
  readonly at?: Date;
}

/** Maintenance access of the agent to one device, independent of the protocol. */
export interface DeviceAccess extends SettingsAccess {
  /** Supported operations. */
  readonly operations: readonly Operation[];
  /** From the latest answer to `information`. */
  readonly readiness: Readiness;
  /** From the latest answer to `information`: alerts of which the device says when they were. */
  readonly alertHistory?: readonly PastAlert[];
  /** @throws DeviceUnreachable, DeviceRefused */
  information(signal?: AbortSignal): Promise<DeviceInformation>;
  /** @throws DeviceUnreachable, DeviceRefused, OperationUnsupported */
  identify(signal?: AbortSignal): Promise<void>;
  /** Prints one page. @throws DeviceUnreachable, DeviceRefused, OperationUnsupported */
  printTestPage(title: string, signal?: AbortSignal): Promise<void>;
  /** Resolves when the device has accepted the request; then it restarts. @throws as above */
  restart(signal?: AbortSignal): Promise<void>;
  /**
   * Sends a firmware file; resolves when the device has received all of it.
   * @param file path of the complete, verified file
   * @param onSent receives the bytes sent so far
   * @throws as above
   */
  sendFirmware(file: string, onSent: (bytes: number) => void, signal?: AbortSignal): Promise<void>;
}

/** The device does not answer. */
export class DeviceUnreachable extends Error {
  override readonly name = 'DeviceUnreachable';
}
/** The device refused the request or sent an invalid answer; the message has the details. */
export class DeviceRefused extends Error {
  override readonly name: string = 'DeviceRefused';
  readonly problem: Exclude<DeviceProblem, 'unreachable'>;
  /** Whether the device may answer if it is asked for less. */
  readonly mayAnswerLess: boolean;

  constructor(
    message: string,
    {
      problem = 'refused',
      mayAnswerLess = false,
      ...options
    }: ErrorOptions & Partial<Pick<DeviceRefused, 'problem' | 'mayAnswerLess'>> = {},
  ) {
    super(message, options);
    this.problem = problem;
    this.mayAnswerLess = mayAnswerLess;
  }
}
/** Another device answers at the address of the device. */
export class OtherDeviceAnswers extends DeviceRefused {
  override readonly name = 'OtherDeviceAnswers';

  constructor(
    message: string,
    readonly otherDevice: OtherDevice,
  ) {
    super(message, { problem: 'other-device' });
  }
}
/** The device asks for a login, and the agent has none that it may send. `challenge` is its WWW-Authenticate. */
export class LoginRequired extends DeviceRefused {
  override readonly name = 'LoginRequired';

  constructor(
    message: string,
    readonly challenge = '',
  ) {
    super(message, { problem: 'login-required' });
  }
}
/** The device refuses the login of the configuration. */
export class LoginRefused extends DeviceRefused {
  override readonly name = 'LoginRefused';

  constructor(message: string) {
    super(message, { problem: 'login-refused' });
  }
}
/** The configuration has no address for the operation, or the device does not support it. */
export class OperationUnsupported extends Error {
  override readonly name = 'OperationUnsupported';
}
