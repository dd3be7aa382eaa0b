import { LIMITS } from '../../../protocol/limits';
import { ProblemError } from '../../../protocol/problems';
import { InvalidRequest } from '../../http/http.errors';

export class UnknownFirmware extends ProblemError {
  constructor(id: string) {
    super('unknown-firmware', `There is no firmware file ${id}.`);
  }
}
export class FirmwareRefused extends ProblemError {
  /** @param why what is wrong with it */
  constructor(why: string) {
    super('firmware-refused', why);
  }
}
export class FirmwareInUse extends ProblemError {
  constructor(id: string) {
    super('firmware-in-use', `An open job needs firmware file ${id}.`);
  }
}
export class TooManyFirmwareFiles extends ProblemError {
  constructor() {
    super('too-many-firmware-files', `${LIMITS.FIRMWARE_FILES} files are stored, which is as many as are kept.`);
  }
}
export class NoFirmware extends InvalidRequest {
  constructor(mediaType: string) {
    super(`The body has to be the file itself, of the type ${mediaType}.`);
  }
}
/** The same for a job that is unknown or over, and for a wrong token. */
export class FirmwareTokenRefused extends ProblemError {
  constructor() {
    super('not-logged-in', 'This needs the token that came with an open job.');
  }
}
