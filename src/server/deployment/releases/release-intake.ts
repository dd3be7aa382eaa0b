import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../../protocol/limits';
import { parseJson } from '../../../protocol/parse-json';
import { releaseManifest, signedText, type ReleaseManifest } from '../../../protocol/release';
import { PROTOCOL_VERSION } from '../../../protocol/version';
import { PackageReader } from '../../http/package-reader';
import { asStorageFull, TooManyUploads } from '../../http/upload';
import { ReleaseKey } from '../../config/release-key';
import { ReleaseDraft } from './release-draft';
import { ReleaseFiles, type StoredManifest } from './release-files';
import { ReleaseKeyMissing, ReleaseRefused, ReleaseTooLarge } from './releases.errors';

/** At the same time: each may fill the disk with a whole release before it is refused. */
const UPLOADS = 4;
const FILE_BYTES = LIMITS.MANIFEST_BYTES + 1 + LIMITS.RELEASE_BYTES;

/** Stores a release during its upload; removes one that is refused or interrupted. */
@Injectable()
export class ReleaseIntake {
  private uploads = 0;

  constructor(
    private readonly files: ReleaseFiles,
    private readonly key: ReleaseKey,
  ) {}

  /**
   * @param declaredBytes length of the whole file, if the sender states it
   * @throws ReleaseKeyMissing, ReleaseTooLarge, ReleaseRefused, ReleaseExists, TooManyReleases, StorageFull,
   * TooManyUploads, UploadBrokenOff
   */
  async take(body: Readable, declaredBytes: number | undefined): Promise<StoredManifest> {
    if (!this.key.isConfigured) throw new ReleaseKeyMissing();
    if (declaredBytes !== undefined && declaredBytes > FILE_BYTES) throw new ReleaseTooLarge();
    if (this.uploads >= UPLOADS) throw new TooManyUploads();
    this.uploads += 1;
    const reader = new PackageReader(body, ReleaseRefused);
    try {
      return await this.read(reader);
    } catch (error) {
      throw asStorageFull(error);
    } finally {
      this.uploads -= 1;
      await reader.close();
    }
  }

  private async read(reader: PackageReader): Promise<StoredManifest> {
    const manifest = this.checked(await reader.manifestLine());
    await this.files.checkRoomFor(manifest);
    const folder = await this.files.makeDraft();
    try {
      const stored = await write(folder, this.files.kind.script, manifest, reader);
      await this.files.place(folder, stored);
      return stored;
    } finally {
      await this.files.clear(folder);
    }
  }

  private checked(line: string): ReleaseManifest {
    const parsed = releaseManifest.safeParse(parseJson(line));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new ReleaseRefused(`Its manifest is not valid: ${issue?.path.join('.') || 'all of it'}: ${issue?.message}`);
    }
    const { product, version, protocol } = parsed.data;
    if (product !== this.files.kind.product)
      throw new ReleaseRefused(`Its product is ${product}, not ${this.files.kind.product}.`);
    if (protocol !== PROTOCOL_VERSION)
      throw new ReleaseRefused(
        `Release ${version} uses protocol version ${protocol}, this server ${PROTOCOL_VERSION}.`,
      );
    if (!this.key.hasSigned(signedText(parsed.data), parsed.data))
      throw new ReleaseRefused(`The signature of ${version} was not made with the key of this server.`);
    return parsed.data;
  }
}

async function write(
  folder: string,
  script: string,
  manifest: ReleaseManifest,
  reader: PackageReader,
): Promise<StoredManifest> {
  const draft = await ReleaseDraft.open(folder, script, manifest);
  try {
    for await (const chunk of reader.content()) await draft.write(chunk);
    return await draft.finish();
  } finally {
    await draft.close();
  }
}
