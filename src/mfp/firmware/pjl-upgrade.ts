import { MFP_LIMITS } from '../mfp-limits';

/** Universal Exit Language, which begins and ends a PJL job. */
const UEL = '\x1b%-12345X';
const STARTS = [UEL, '@PJL'];

/**
 * Takes the file out of what a raw port gets: wrapped in the Printer Job Language, as `@PJL UPGRADE SIZE=n` has n bytes
 * follow, or as it is. Other jobs give nothing.
 */
export class PjlUpgrade {
  private held: Buffer = Buffer.alloc(0);
  /** Bytes of the file that are to come; undefined among the lines before it. */
  private left: number | undefined;

  constructor(private readonly sink: (bytes: Buffer) => void) {}

  write(chunk: Buffer): void {
    if (this.left !== undefined) return this.pass(chunk);
    this.held = Buffer.concat([this.held, chunk]);
    if (!this.mayBePjl()) this.left = Infinity;
    while (this.left === undefined && this.takeLine());
    if (this.left !== undefined) this.pass(this.held);
  }

  /** Nothing more comes. */
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
