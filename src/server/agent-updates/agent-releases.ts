import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { AgentRelease } from '../../protocol/agent-update';
import { secretHash } from '../../tunnel/sha256';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import { ReleaseFiles } from '../deployment/releases/release-files';
import { ReleaseIntake } from '../deployment/releases/release-intake';
import { ReleaseInUse, ReleaseRefused, UnknownRelease } from '../deployment/releases/releases.errors';
import { ReleaseTokenRefused } from './agent-updates.errors';
import { AgentUpdatesRepository } from './agent-updates.repository';

/** Releases of the agent: what administrators do with them, and their download by agents. */
@Injectable()
export class AgentReleases {
  constructor(
    private readonly files: ReleaseFiles,
    private readonly intake: ReleaseIntake,
    private readonly repository: AgentUpdatesRepository,
    private readonly audit: AuditService,
  ) {}

  /** @throws what ReleaseIntake.take throws */
  async upload(actor: Actor, body: Readable, declaredBytes: number | undefined): Promise<AgentRelease> {
    const stored = await this.intake.take(body, declaredBytes).catch(async (error: unknown) => {
      if (error instanceof ReleaseRefused) await this.audit.record(actor, 'agent-release.refused', '', error.detail);
      throw error;
    });
    const { version, bytes, sha256, notes, createdAt, storedAt } = stored;
    await this.audit.record(actor, 'agent-release.uploaded', version, `SHA-256 ${sha256}`);
    return { version, bytes, sha256, notes, createdAt, storedAt };
  }

  /** @throws UnknownRelease, ReleaseInUse */
  async remove(actor: Actor, version: string): Promise<void> {
    if (!(await this.files.manifestOf(version))) throw new UnknownRelease(version);
    if ((await this.repository.open())?.version === version) throw new ReleaseInUse(version);
    await this.files.remove(version);
    await this.audit.record(actor, 'agent-release.removed', version);
  }

  /** Where the script is. @throws ReleaseTokenRefused */
  async admit(version: string, token: string): Promise<{ folder: string; name: string }> {
    if (!(await this.repository.mayDownload(version, secretHash(token)))) throw new ReleaseTokenRefused();
    return { folder: this.files.folder, name: `${version}/${this.files.kind.script}` };
  }
}
