import { LIMITS } from '../../../protocol/limits';
import { ProblemError } from '../../../protocol/problems';
import { InvalidRequest } from '../../http/http.errors';

export class UnknownFirmware extends ProblemError {
  constructor(id: string) {
    super('unknown-firmware', `There is no firmware file ${id}.`);
  }
}
export class FirmwareRefused extends ProblemError {
  constructor(why: string) {
    super('firmware-refused', why);
  }
}
export class FirmwareUnsigned extends ProblemError {
  constructor(name: string) {
    super('firmware-unsigned', `The file ${name} is not signed with the key of this server.`);
  }
}
export class FirmwareKeyMissing extends ProblemError {
  constructor() {
    super('release-key-missing', 'This server has no key to verify signatures.');
  }
}
export class FirmwareInUse extends ProblemError {
  constructor(id: string) {
    super('firmware-in-use', `An open job or campaign needs firmware file ${id}. Cancel it or wait for its end.`);
  }
}
export class TooManyFirmwareFiles extends ProblemError {
  constructor() {
    super('too-many-firmware-files', `There are already ${LIMITS.FIRMWARE_FILES} firmware files. Remove one first.`);
  }
}
export class NoFirmware extends InvalidRequest {
  constructor(mediaType: string) {
    super(`The body must be signed firmware of the type ${mediaType}.`);
  }
}
/** The same for an unknown job, a job that is over, and a wrong token. */
export class FirmwareTokenRefused extends ProblemError {
  constructor() {
    super('not-logged-in', 'This needs the token of an open job.');
  }
}
