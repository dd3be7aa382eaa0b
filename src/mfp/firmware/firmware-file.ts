import { createHash, type Hash } from 'node:crypto';
import { z } from 'zod';
import { firmwareVersion, sha256 } from '../../protocol/maintenance';
import { parseJson } from '../../protocol/parse-json';
import { sha256Hex } from '../../tunnel/sha256';
import { pseudoRandomBytes } from '../pseudo-random';
import { PRODUCTS } from '../machine/identity';
import { MFP_LIMITS } from '../mfp-limits';

/** The start of every firmware file of the simulated MFP; a header in JSON, a line break and the payload follow. */
const MAGIC = 'PLATEN-FIRMWARE ';
const LINE_END = 0x0a;

/** `bytes` and `sha256` are those of the payload. */
const header = z.strictObject({
  model: z.string().min(1).max(200),
  version: firmwareVersion,
  bytes: z.int().positive(),
  sha256,
});

/** A firmware file for the simulated MFP; the payload has no meaning. */
export function makeFirmware(version: string, { model = PRODUCTS.mfp, bytes = 1024 * 1024 } = {}): Buffer {
  const payload = Buffer.concat([...pseudoRandomBytes(0, bytes)]);
  const sum = sha256Hex(payload);
  const line = `${MAGIC}${JSON.stringify(header.parse({ model, version, bytes, sha256: sum }))}\n`;
  return Buffer.concat([Buffer.from(line), payload]);
}

/** `refusal` is shown to users. */
export type Verdict = { version: string } | { refusal: string };

/** Reads a firmware file as it arrives and stores only its header. */
export class FirmwareReader {
  private head: Buffer = Buffer.alloc(0);
  private inPayload = false;
  private bytes = 0;
  private readonly hash: Hash = createHash('sha256');

  write(chunk: Buffer): void {
    if (this.inPayload) return this.takePayload(chunk);
    const end = chunk.indexOf(LINE_END);
    const line = end < 0 ? chunk : chunk.subarray(0, end);
    const room = Math.max(0, MFP_LIMITS.FIRMWARE_HEADER_BYTES - this.head.length);
    this.head = Buffer.concat([this.head, line.subarray(0, room)]);
    if (end < 0) return;
    this.inPayload = true;
    this.takePayload(chunk.subarray(end + 1));
  }

  /** At the end of the file: whether a machine of this model may install it. */
  verdict(model: string): Verdict {
    const text = this.head.toString('utf8');
    const read = header.safeParse(text.startsWith(MAGIC) ? parseJson(text.slice(MAGIC.length)) : undefined);
    if (!read.success) return { refusal: 'this is not a firmware file of this device' };
    if (read.data.model !== model) return { refusal: `it is for another device, ${read.data.model}` };
    const whole = this.bytes === read.data.bytes && this.hash.digest('hex') === read.data.sha256;
    return whole ? { version: read.data.version } : { refusal: 'the file is damaged' };
  }

  private takePayload(bytes: Buffer): void {
    this.bytes += bytes.length;
    this.hash.update(bytes);
  }
}
