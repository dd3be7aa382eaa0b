import { MFP_LIMITS } from '../mfp-limits';

/** Universal Exit Language, which starts and ends a PJL job. */
const UEL = '\x1b%-12345X';
const STARTS = [UEL, '@PJL'];

/**
 * Extracts a firmware file from the bytes of a raw port: n bytes after `@PJL UPGRADE SIZE=n` of the Printer Job Language,
 * or all bytes if they are not PJL. Other PJL jobs contain no firmware.
 */
export class PjlUpgrade {
  private held: Buffer = Buffer.alloc(0);
  /** Remaining bytes of the file; undefined in the lines before it. */
  private left: number | undefined;

  constructor(private readonly sink: (bytes: Buffer) => void) {}

  write(chunk: Buffer): void {
    if (this.left !== undefined) return this.pass(chunk);
    this.held = Buffer.concat([this.held, chunk]);
    if (!this.mayBePjl()) this.left = Infinity;
    while (this.left === undefined && this.takeLine());
    if (this.left !== undefined) this.pass(this.held);
  }

  /** The end of the bytes. */
  end(): void {
    if (this.left === undefined) this.sink(this.held);
  }

  private mayBePjl(): boolean {
    const first = this.held.subarray(0, UEL.length).toString('latin1');
    return STARTS.some((start) => first.startsWith(start) || start.startsWith(first));
  }

  private takeLine(): boolean {
    const end = this.held.indexOf('\n');
    if (end < 0 || end > MFP_LIMITS.PJL_BYTES) {
      if (this.held.length > MFP_LIMITS.PJL_BYTES) this.left = 0;
      return false;
    }
    const line = this.held.subarray(0, end).toString('latin1').trim().replace(UEL, '');
    this.held = this.held.subarray(end + 1);
    const size = /^@PJL\s+UPGRADE\s+SIZE\s*=\s*(\d{1,10})$/i.exec(line)?.[1];
    if (size !== undefined) this.left = Number(size);
    else if (!/^(@PJL\b.*)?$/i.test(line) || /^@PJL\s+ENTER\b/i.test(line)) this.left = 0;
    return true;
  }

  private pass(bytes: Buffer): void {
    const taken = bytes.subarray(0, Math.min(bytes.length, this.left ?? 0));
    this.left = (this.left ?? 0) - taken.length;
    if (taken.length > 0) this.sink(taken);
  }
}
