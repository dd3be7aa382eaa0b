import { isNewer } from '../../protocol/newer-version';
import { signedText, type ReleaseManifest } from '../../protocol/release';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { hasSignedText } from '../../tunnel/signing-key';

/** What decides whether a release may be installed. Nothing of it comes from the server. */
export interface UpdateFacts {
  /** That the owner has set, or that was pinned at the enrolment; undefined: nothing is installed. */
  readonly releaseKey: string | undefined;
  /** Version that runs now. */
  readonly running: string;
}

/** Why a release is not installed as the agent; undefined: its manifest permits it. The script is compared with it later. Pure. */
export function refusalOfUpdate(manifest: ReleaseManifest, { releaseKey, running }: UpdateFacts): string | undefined {
  const { product, version, protocol, signature } = manifest;
  if (releaseKey === undefined)
    return 'this agent has no key to verify releases: enrol it again, or set "releaseKeyFile"';
  if (!hasSignedText(releaseKey, signedText(manifest), signature))
    return `the key that this agent trusts has not signed release ${version}`;
  if (product !== 'platen-agent') return `release ${version} is one of ${product}`;
  if (protocol !== PROTOCOL_VERSION)
    return `release ${version} uses protocol version ${protocol}, not ${PROTOCOL_VERSION}`;
  if (!isNewer(version, running)) return `release ${version} is not newer than ${running}`;
  return undefined;
}
