import type { DeviceKind } from '../../protocol/device-kinds';
import { ProblemError } from '../../protocol/problems';
import type { JobState, Operation } from '../../protocol/maintenance';
import { LIMITS } from '../../protocol/limits';
import { InvalidRequest } from '../http/http.errors';

export class UnknownJob extends ProblemError {
  constructor(id: string) {
    super('unknown-job', `There is no job ${id}.`);
  }
}
export class OperationOfOtherKind extends ProblemError {
  constructor(deviceId: string, kind: DeviceKind, operation: Operation) {
    super('operation-unsupported', `Device ${deviceId} is a ${kind}, and has no ${operation}.`);
  }
}
export class OperationUnsupported extends ProblemError {
  constructor(deviceId: string, operation: Operation) {
    super('operation-unsupported', `The agent of device ${deviceId} has announced no ${operation} for it.`);
  }
}
export class TooManyJobs extends ProblemError {
  constructor(deviceId: string) {
    super('too-many-jobs', `Device ${deviceId} has ${LIMITS.JOBS_PER_DEVICE} open jobs.`);
  }
}
export class JobStarted extends ProblemError {
  constructor(id: string) {
    super('job-begun', `Job ${id} has started on the device.`);
  }
}
export class JobOver extends ProblemError {
  constructor(id: string, state: JobState) {
    super('wrong-state', `Job ${id} is ${state}; it cannot be cancelled.`);
  }
}
export class FirmwareUnfit extends ProblemError {
  constructor(firmwareModel: string, deviceModel: string) {
    super('firmware-unfit', `The file is for ${firmwareModel}; the device is ${deviceModel || 'of an unknown model'}.`);
  }
}
/** `settings` are given without `settings-set`, or missing with it. */
export class SettingsMismatch extends InvalidRequest {
  constructor(message: string) {
    super('Some fields contradict each other.', [{ path: 'settings', message }]);
  }
}
/** `firmwareId` is given without `firmware-install`, or missing with it. */
export class FirmwareIdMismatch extends InvalidRequest {
  constructor(message: string) {
    super('Some fields contradict each other.', [{ path: 'firmwareId', message }]);
  }
}
/** `log` is given without `logs-read`. */
export class LogMismatch extends InvalidRequest {
  constructor(message: string) {
    super('Some fields contradict each other.', [{ path: 'log', message }]);
  }
}
