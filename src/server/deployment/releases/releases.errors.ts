import { LIMITS } from '../../../protocol/limits';
import { ProblemError } from '../../../protocol/problems';
import { InvalidRequest } from '../../http/http.errors';

export class UnknownRelease extends ProblemError {
  constructor(name: string) {
    super('unknown-release', `There is no release ${name}.`);
  }
}
/** An uploaded or a stored release is not what was signed. */
export class ReleaseRefused extends ProblemError {
  /** @param why which check it fails */
  constructor(why: string) {
    super('release-refused', why);
  }
}
export class ReleaseKeyMissing extends ProblemError {
  constructor() {
    super('release-key-missing', 'This server has no key to verify signatures.');
  }
}
export class ReleaseExists extends ProblemError {
  constructor(version: string) {
    super('conflict', `Release ${version} already exists with different content. Use another version.`);
  }
}
export class ReleaseInUse extends ProblemError {
  constructor(version: string) {
    super('release-in-use', `A relay runs release ${version}, or a deployment needs it.`);
  }
}
export class TooManyReleases extends ProblemError {
  constructor() {
    super('too-many-releases', `${LIMITS.RELEASES} releases are stored, which is the maximum.`);
  }
}
export class ReleaseTooLarge extends ProblemError {
  constructor() {
    super('too-large', `A release may have at most ${LIMITS.RELEASE_BYTES} bytes.`);
  }
}
export class NoRelease extends InvalidRequest {
  constructor(mediaType: string) {
    super(`The body must be a release of the type ${mediaType}.`);
  }
}
