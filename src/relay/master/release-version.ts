import { productVersion } from '../../journal/product-version';

/** Put in by the build of a release (tools/build-release.mjs); the built-in relay has none. */
declare const __PLATEN_RELEASE_VERSION__: string | undefined;

/** Version of the relay that runs: that of its release, or for the built-in one of the installation. */
export const releaseVersion = (): string =>
  typeof __PLATEN_RELEASE_VERSION__ === 'string' ? __PLATEN_RELEASE_VERSION__ : productVersion();
