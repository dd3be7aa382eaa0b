import { LIMITS } from '../../../protocol/limits';
import { ProblemError } from '../../../protocol/problems';
import { InvalidRequest } from '../../http/http.errors';

export class UnknownRelease extends ProblemError {
  constructor(name: string) {
    super('unknown-release', `There is no release ${name}.`);
  }
}
/** One that is sent, or one that is stored, is not what its maker signed. */
export class ReleaseRefused extends ProblemError {
  /** @param why the check it does not stand */
  constructor(why: string) {
    super('release-refused', why);
  }
}
export class ReleaseKeyMissing extends ProblemError {
  constructor() {
    super('release-key-missing', 'This server has no key to check the signature with.');
  }
}
export class ReleaseExists extends ProblemError {
  constructor(version: string) {
    super('conflict', `There is a release ${version} already, with another content. Give this one another version.`);
  }
}
export class ReleaseInUse extends ProblemError {
  constructor(version: string) {
    super('release-in-use', `A relay runs release ${version}, or a deployment needs it.`);
  }
}
export class TooManyReleases extends ProblemError {
  constructor() {
    super('too-many-releases', `${LIMITS.RELEASES} releases are stored, which is as many as are kept.`);
  }
}
export class ReleaseTooLarge extends ProblemError {
  constructor() {
    super('too-large', `The bundle of a release may have ${LIMITS.RELEASE_BYTES} bytes.`);
  }
}
export class NoRelease extends InvalidRequest {
  constructor(mediaType: string) {
    super(`The body has to be a release, of the type ${mediaType}.`);
  }
}
