import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { productVersion } from '../../../journal/product-version';
import { BUILT_IN, type Release } from '../../../protocol/deployment';
import { PROTOCOL_VERSION } from '../../../protocol/version';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { ReleaseFiles, type StoredManifest } from './release-files';
import { ReleaseIntake } from './release-intake';
import { ReleaseInUse, ReleaseRefused, UnknownRelease } from './releases.errors';
import { ReleasesInUse } from './releases-in-use';

/** What administrators do with releases. */
@Injectable()
export class ReleaseAdministration {
  constructor(
    private readonly files: ReleaseFiles,
    private readonly intake: ReleaseIntake,
    private readonly inUse: ReleasesInUse,
    private readonly audit: AuditService,
  ) {}

  /** The built-in one, then the stored ones, newest first. */
  async list(): Promise<Release[]> {
    const serving = await this.inUse.servingNames();
    const stored = (await this.files.all()).sort((one, other) => other.storedAt.localeCompare(one.storedAt));
    return [builtIn(serving), ...stored.map((manifest) => presented(manifest, serving))];
  }

  /** @throws what ReleaseIntake.take throws */
  async upload(actor: Actor, body: Readable, declaredBytes: number | undefined): Promise<Release> {
    const stored = await this.intake.take(body, declaredBytes).catch(async (error: unknown) => {
      if (error instanceof ReleaseRefused) await this.audit.record(actor, 'release.refused', '', error.detail);
      throw error;
    });
    await this.audit.record(actor, 'release.uploaded', stored.version, `SHA-256 ${stored.sha256}`);
    return presented(stored, await this.inUse.servingNames());
  }

  /** @throws UnknownRelease, ReleaseInUse */
  async remove(actor: Actor, version: string): Promise<void> {
    if (!(await this.files.manifestOf(version))) throw new UnknownRelease(version);
    if ((await this.inUse.namesInUse()).includes(version)) throw new ReleaseInUse(version);
    await this.files.remove(version);
    await this.audit.record(actor, 'release.removed', version);
  }
}

const builtIn = (serving: readonly string[]): Release => ({
  name: BUILT_IN,
  version: productVersion(),
  protocol: PROTOCOL_VERSION,
  bytes: null,
  sha256: null,
  notes: '',
  createdAt: null,
  storedAt: null,
  serving: serving.includes(BUILT_IN),
});

const presented = (manifest: StoredManifest, serving: readonly string[]): Release => {
  const { version, protocol, bytes, sha256, notes, createdAt, storedAt } = manifest;
  const isServing = serving.includes(version);
  return { name: version, version, protocol, bytes, sha256, notes, createdAt, storedAt, serving: isServing };
};
