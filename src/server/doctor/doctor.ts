import type { DataSourceOptions } from 'typeorm';
import { problem, note, type CheckFinding } from '../../protocol/check-finding';
import { loadCertificate } from '../config/certificate';
import type { Config } from '../config/config';
import { auditCheck } from './audit.check';
import { certificateChecks } from './certificate.checks';
import { clockCheck } from './clock.check';
import { databaseCheck } from './database.check';
import { mailCheck } from './mail.check';
import { oidcCheck } from './oidc.check';
import { portChecks, runningServer, waysIn } from './network.checks';
import { backupCheck, diskCheck, ownerOf } from './storage.checks';

/**
 * What `platen doctor` finds, in the order in which it is shown. Changes nothing that the server would not change at its
 * next start.
 * @throws CertificateUnusable
 */
export async function* diagnose(config: Config, database: DataSourceOptions): AsyncGenerator<CheckFinding, void> {
  for (const { name, meant } of config.unknown)
    yield problem('settings', `${name} has no effect${meant ? `; did you mean ${meant}?` : ''}`);
  yield clockCheck();
  const owner = ownerOf(config.data);
  if (owner === undefined) {
    yield note('data folder', `${config.data} does not exist yet; the first start of the server creates it`);
    return yield* inOrder(portChecks(config));
  }
  const user = process.getuid?.();
  if (user !== undefined && user !== owner) {
    // SQLite would create files that the server's user cannot open
    const remedy = `run this command as that user: sudo -u '#${owner}' platen doctor`;
    yield problem('data folder', `${config.data} belongs to the user with the number ${owner}; ${remedy}`);
    return;
  }
  yield* inOrder([
    diskCheck(config.data),
    databaseCheck(database),
    auditCheck(config, database),
    backupCheck(config),
    mailCheck(config),
    oidcCheck(config),
  ]);
  const certificate = await loadCertificate(config);
  yield* certificateChecks(config, certificate);
  const { runs, finding } = await runningServer(config);
  yield finding;
  yield* inOrder(runs ? waysIn(config, certificate) : portChecks(config));
}

/** All of them at the same time. */
async function* inOrder(checks: readonly Promise<CheckFinding>[]): AsyncGenerator<CheckFinding, void> {
  for (const each of checks) yield await each;
}
