import { productVersion } from '../../journal/product-version';

/** Defined by the build of a release (tools/build-release.mjs); undefined in the built-in relay. */
declare const __PLATEN_RELEASE_VERSION__: string | undefined;

/** Version of the running relay: its release's or, for the built-in relay, the installation's. */
export const releaseVersion = (): string =>
  typeof __PLATEN_RELEASE_VERSION__ === 'string' ? __PLATEN_RELEASE_VERSION__ : productVersion();
