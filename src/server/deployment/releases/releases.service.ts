import { Injectable } from '@nestjs/common';
import { productVersion } from '../../../journal/product-version';
import { BUILT_IN } from '../../../protocol/deployment';
import { signedText } from '../../../protocol/release';
import { PROTOCOL_VERSION } from '../../../protocol/version';
import { sha256OfFile } from '../../../tunnel/sha256';
import { ReleaseKey } from '../../config/release-key';
import { ReleaseFiles, type StoredManifest } from './release-files';
import { ReleaseRefused, UnknownRelease } from './releases.errors';

/** A release that can be run. */
export interface RunnableRelease {
  /** `built-in`, or the version of a stored one. */
  readonly name: string;
  readonly version: string;
  readonly protocol: number;
  /** Absolute path of its script; null: the one in this installation. */
  readonly file: string | null;
}

/** The releases that a relay can be deployed from. */
@Injectable()
export class ReleasesService {
  constructor(
    private readonly files: ReleaseFiles,
    private readonly key: ReleaseKey,
  ) {}

  /** @throws UnknownRelease */
  async find(name: string): Promise<RunnableRelease> {
    if (name === BUILT_IN) return { name, version: productVersion(), protocol: PROTOCOL_VERSION, file: null };
    const { version, protocol } = await this.stored(name);
    return { name, version, protocol, file: this.files.scriptOf(version) };
  }

  /**
   * Repeats the checks of the upload: since then, the file may have been damaged or replaced, and the key changed.
   * @throws UnknownRelease, ReleaseRefused
   */
  async verify(name: string): Promise<void> {
    if (name === BUILT_IN) return;
    const manifest = await this.stored(name);
    if (!this.key.hasSigned(signedText(manifest), manifest))
      throw new ReleaseRefused(`The signature of release ${name} was not made with the key of this server.`);
    const sha256 = await sha256OfFile(this.files.scriptOf(name)).catch((error: NodeJS.ErrnoException) => {
      throw new ReleaseRefused(`The script of release ${name} cannot be read (${error.code}).`);
    });
    if (sha256 !== manifest.sha256)
      throw new ReleaseRefused(`The script of release ${name} was changed after it was stored.`);
  }

  private async stored(name: string): Promise<StoredManifest> {
    const manifest = await this.files.manifestOf(name);
    if (!manifest) throw new UnknownRelease(name);
    return manifest;
  }
}
