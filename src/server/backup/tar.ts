import { BackupDamaged, BackupRefused } from './backup.errors';
import type { ByteSource } from './byte-source';

/** A file in an archive. Its content has to be read before that of the next one. */
export interface ArchivedFile {
  readonly path: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Buffer>;
}

/** POSIX ustar; a size beyond its twelve octal digits is binary, as GNU tar writes it. */
const BLOCK = 512;
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  size: [124, 12],
  time: [136, 12],
  sum: [148, 8],
  kind: [156, 1],
} as const;
const OCTAL_SIZE_MAX = 8 ** 11;
const fieldOf = (header: Buffer, [at, length]: readonly [number, number]): Buffer => header.subarray(at, at + length);
const textOf = (field: Buffer): string => field.toString('latin1').split('\0')[0]!.trim();
const paddingOf = (bytes: number): number => (BLOCK - (bytes % BLOCK)) % BLOCK;

/** @throws BackupRefused if a file changes while it is read */
export async function* writeTar(files: AsyncIterable<ArchivedFile>): AsyncGenerator<Buffer> {
  for await (const { path, bytes, content } of files) {
    yield headerOf(path, bytes);
    let left = bytes;
    for await (const chunk of content) {
      left -= chunk.length;
      if (left < 0) break;
      yield chunk;
    }
    if (left !== 0) throw new BackupRefused(`${path} was changed while it was read. Repeat the backup.`);
    yield Buffer.alloc(paddingOf(bytes));
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** @throws BackupDamaged if it is not an archive that `writeTar` has written, or not all of it */
export async function* readTar(source: ByteSource): AsyncGenerator<ArchivedFile> {
  for (;;) {
    const header = await source.exactly(BLOCK);
    if (header.every((byte) => byte === 0)) {
      if ((await source.exactly(BLOCK)).some((byte) => byte !== 0)) throw new BackupDamaged('its end is not an end');
      if ((await source.some(1)).length > 0) throw new BackupDamaged('something follows its end');
      return;
    }
    if (textOf(fieldOf(header, FIELDS.sum)) !== sumOf(header)) throw new BackupDamaged('a checksum is wrong');
    if (textOf(fieldOf(header, FIELDS.kind)) !== '0') throw new BackupDamaged('it contains more than files');
    const bytes = sizeIn(fieldOf(header, FIELDS.size));
    let left = bytes;
    const content = async function* (): AsyncGenerator<Buffer> {
      while (left > 0) {
        const part = await source.some(left);
        if (part.length === 0) throw new BackupDamaged('it ends too early');
        left -= part.length;
        yield part;
      }
    };
    yield { path: textOf(fieldOf(header, FIELDS.name)), bytes, content: content() };
    if (left > 0) throw new Error('the content of a file was not read');
    await source.exactly(paddingOf(bytes));
  }
}

function headerOf(path: string, bytes: number): Buffer {
  if (Buffer.byteLength(path) > FIELDS.name[1]) throw new BackupRefused(`The name ${path} is too long for a backup.`);
  const header = Buffer.alloc(BLOCK);
  const put = (text: string, [at]: readonly [number, number]) => header.write(text, at, 'latin1');
  put(path, FIELDS.name);
  put('0000600\0', FIELDS.mode);
  put('0000000\0' + '0000000\0', [108, 16]);
  if (bytes < OCTAL_SIZE_MAX) put(`${bytes.toString(8).padStart(11, '0')}\0`, FIELDS.size);
  else header.writeBigUInt64BE(BigInt(bytes), FIELDS.size[0] + 4);
  if (bytes >= OCTAL_SIZE_MAX) header[FIELDS.size[0]] = 0x80;
  put(
    `${Math.floor(Date.now() / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    FIELDS.time,
  );
  put('0', FIELDS.kind);
  put('ustar\0' + '00', [257, 8]);
  put(`${sumOf(header)}\0 `, FIELDS.sum);
  return header;
}

/** Of all bytes, with spaces in place of the sum. */
function sumOf(header: Buffer): string {
  const [at, length] = FIELDS.sum;
  const sum = header.reduce((all, byte, index) => all + (index >= at && index < at + length ? 0x20 : byte), 0);
  return sum.toString(8).padStart(6, '0');
}

function sizeIn(field: Buffer): number {
  const size = field[0] === 0x80 ? Number(field.readBigUInt64BE(4)) : parseInt(textOf(field), 8);
  if (!Number.isSafeInteger(size) || size < 0) throw new BackupDamaged('a size is no number');
  return size;
}
