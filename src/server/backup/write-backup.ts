import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { link, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { productVersion } from '../../journal/product-version';
import { toInstant } from '../../protocol/names';
import type { Config } from '../config/config';
import { syncFolder } from '../config/sync-folder';
import { BackupRefused } from './backup.errors';
import { copyDatabase } from './database-copy';
import { backupManifest, isBackupPath, MANIFEST, type BackupManifest } from './manifest';
import { seal } from './sealed-stream';
import { writeTar, type ArchivedFile } from './tar';

/** Begins the name of the folder in which a backup is prepared, beside its file. */
export const DRAFT_FOLDER = '.platen-backup-';
const FOLDERS = ['tls', 'releases', 'agent-releases', 'firmware'];

/**
 * Writes the data of a server into one new file, whether or not the server runs. The file has its name only when all of it
 * is on the disk.
 * @param onBytes what is written so far, added up by the caller
 * @throws BackupRefused
 */
export async function writeBackup(
  config: Config,
  file: string,
  passphrase?: string,
  { signal, onBytes }: { readonly signal?: AbortSignal; readonly onBytes?: (bytes: number) => void } = {},
): Promise<BackupManifest> {
  const path = resolve(file);
  if (existsSync(path)) throw new BackupRefused(`${path} exists. Name a new file.`);
  const { database, data } = config;
  const needed = [join(data, 'secrets.json'), ...(database.type === 'sqlite' ? [database.path] : [])];
  if (!needed.every((each) => existsSync(each)))
    throw new BackupRefused(`${data} (PLATEN_DATA) is not the data folder of a server.`);
  const folder = await mkdtemp(join(dirname(path), DRAFT_FOLDER));
  try {
    const written: BackupManifest['files'] = [];
    const tar = writeTar(
      withManifest(filesOf(config, await copyDatabase(config, folder, signal), folder), written, config),
    );
    const draft = join(folder, 'backup');
    const handle = await open(draft, 'wx', 0o600);
    const bytes = passphrase === undefined ? tar : seal(tar, passphrase);
    await pipeline(Readable.from(counted(bytes, onBytes)), handle.createWriteStream({ flush: true }), { signal });
    await link(draft, path); // unlike a renaming, this fails if the file exists by now
    await syncFolder(dirname(path));
    return manifestOf(written, config);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* counted(chunks: AsyncIterable<Buffer>, onBytes?: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onBytes?.(chunk.length);
    yield chunk;
  }
}

/** The database first: what it refers to was stored before. */
async function* filesOf({ data }: Config, database: string, copies: string): AsyncGenerator<ArchivedFile> {
  yield await fileAt(copies, database);
  yield await fileAt(data, 'secrets.json');
  for (const folder of FOLDERS) {
    const entries = await readdir(join(data, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(data.length + 1))
      .filter(isBackupPath) // not what is incomplete: its name begins with a dot
      .sort();
    for (const path of paths) yield await fileAt(data, path);
  }
}

async function fileAt(folder: string, path: string): Promise<ArchivedFile> {
  const { size } = await stat(join(folder, path));
  return { path, bytes: size, content: createReadStream(join(folder, path)) as AsyncIterable<Buffer> };
}

async function* withManifest(
  files: AsyncIterable<ArchivedFile>,
  written: BackupManifest['files'],
  config: Config,
): AsyncGenerator<ArchivedFile> {
  for await (const { path, bytes, content } of files) {
    const hash = createHash('sha256');
    const hashed = async function* () {
      for await (const chunk of content) {
        hash.update(chunk);
        yield chunk;
      }
    };
    yield { path, bytes, content: hashed() };
    written.push({ path, bytes, sha256: hash.digest('hex') });
  }
  const text = Buffer.from(`${JSON.stringify(manifestOf(written, config), null, 2)}\n`);
  yield { path: MANIFEST, bytes: text.length, content: Readable.from([text]) };
}

const manifestOf = (files: BackupManifest['files'], { database }: Config): BackupManifest =>
  backupManifest.parse({
    ...{ format: 1, version: productVersion(), createdAt: toInstant(Date.now()) },
    ...{ database: database.type, files },
  });
