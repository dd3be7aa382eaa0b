import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LIMITS } from '../../protocol/limits';
import { parseJson } from '../../protocol/parse-json';
import type { Config } from '../config/config';
import { syncFolder } from '../config/sync-folder';
import { BackupDamaged, BackupRefused } from './backup.errors';
import { ByteSource } from './byte-source';
import { checkSqlite, restorePostgres } from './database-copy';
import { backupManifest, DATABASES, isBackupPath, MANIFEST, type BackupManifest } from './manifest';
import { MAGIC, unseal } from './sealed-stream';
import { readTar, type ArchivedFile } from './tar';

/**
 * Restores a backup as the data of a server that has none. Everything is unpacked and compared with the manifest before
 * anything is put in its place: if anything is wrong, nothing is changed.
 * @throws BackupRefused
 */
export async function restoreBackup(
  { data, database }: Config,
  file: string,
  passphrase?: string,
): Promise<BackupManifest> {
  if ((await readdir(data).catch(ifMissing<string[]>([]))).length > 0)
    throw new BackupRefused(`${data} (PLATEN_DATA) is not empty. Restore into an empty folder.`);
  const isNew = (await mkdir(data, { recursive: true, mode: 0o700 })) !== undefined;
  const folder = await mkdtemp(join(data, '.restoring-'));
  try {
    const manifest = await unpack(await contentOf(file, passphrase), folder);
    if (manifest.database !== database.type)
      throw new BackupRefused(
        `The backup is of ${NAMES[manifest.database]}, but PLATEN_DATABASE_URL leads to ${NAMES[database.type]}. ` +
          'Nothing was restored.',
      );
    const copy = join(folder, DATABASES[database.type]);
    if (database.type === 'sqlite') await checkSqlite(copy);
    else await restorePostgres(database.url, copy);
    if (database.type === 'postgres') await rm(copy);
    for (const name of await readdir(folder)) await rename(join(folder, name), join(data, name));
    await rmdir(folder);
    await syncFolder(data);
    return manifest;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (isNew) await rmdir(data);
    throw error;
  }
}

async function contentOf(file: string, passphrase: string | undefined): Promise<ByteSource> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) throw new BackupRefused(`${file} cannot be read.`);
  await handle.close();
  const source = new ByteSource(createReadStream(file) as AsyncIterable<Buffer>);
  const begin = await source.upTo(MAGIC.length);
  if (!begin.equals(MAGIC)) return new ByteSource(after(begin, source));
  if (passphrase === undefined) throw new BackupRefused('The backup is encrypted. Give its passphrase.');
  return new ByteSource(unseal(source, passphrase));
}

async function* after(begin: Buffer, source: ByteSource): AsyncGenerator<Buffer> {
  yield begin;
  yield* source.remaining();
}

/** @throws BackupDamaged unless there are exactly the files of the manifest, which comes last */
async function unpack(source: ByteSource, folder: string): Promise<BackupManifest> {
  const found: BackupManifest['files'] = [];
  let manifest: BackupManifest | undefined;
  for await (const file of readTar(source)) {
    if (manifest) throw new BackupDamaged('something follows its manifest');
    if (file.path === MANIFEST) {
      manifest = await manifestIn(file);
      continue;
    }
    if (!isBackupPath(file.path) || found.some(({ path }) => path === file.path) || found.length >= LIMITS.BACKUP_FILES)
      throw new BackupDamaged('it contains a file that does not belong to it');
    found.push({ path: file.path, bytes: file.bytes, sha256: await store(file, join(folder, file.path)) });
  }
  if (!manifest) throw new BackupDamaged('it has no manifest');
  if (
    JSON.stringify(found) !== JSON.stringify(manifest.files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })))
  )
    throw new BackupDamaged('a file differs from its manifest');
  return manifest;
}

async function manifestIn({ bytes, content }: ArchivedFile): Promise<BackupManifest> {
  if (bytes > LIMITS.BACKUP_MANIFEST_BYTES) throw new BackupDamaged('its manifest is too large');
  const text = (await new ByteSource(content).exactly(bytes)).toString();
  const { data } = backupManifest.safeParse(parseJson(text));
  if (!data) throw new BackupDamaged('its manifest cannot be read, or is of a newer version');
  return data;
}

/** @returns the SHA-256, in hexadecimal */
async function store({ content }: ArchivedFile, path: string): Promise<string> {
  const hash = createHash('sha256');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = await open(path, 'wx', 0o600);
  const hashed = async function* () {
    for await (const chunk of content) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(hashed, handle.createWriteStream({ flush: true }));
  return hash.digest('hex');
}

const NAMES = { sqlite: 'SQLite', postgres: 'PostgreSQL' };

const ifMissing =
  <T>(value: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
