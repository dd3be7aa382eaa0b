const LINES = 50;
/** A longer line is split. */
const LINE_CHARACTERS = 16_384;
/** Of one line, as it is kept. */
const KEPT_CHARACTERS = 400;

/** Passes on what a program writes, in whole lines, and keeps the last of them. */
export class LastLines {
  readonly #kept: string[] = [];
  #begun = '';

  constructor(private readonly pass: (text: string) => void) {}

  take(chunk: string): void {
    const lines = (this.#begun + chunk).split('\n');
    this.#begun = lines.pop()!;
    if (this.#begun.length > LINE_CHARACTERS) {
      lines.push(this.#begun);
      this.#begun = '';
    }
    if (lines.length > 0) this.pass(lines.map((line) => `${line}\n`).join(''));
    this.#kept.push(...lines.slice(-LINES).map((line) => line.slice(0, KEPT_CHARACTERS)));
    this.#kept.splice(0, this.#kept.length - LINES);
  }

  /** The program has ended, perhaps in the middle of a line. */
  end(): void {
    if (this.#begun) this.take('\n');
  }

  toString(): string {
    return this.#kept.join('\n');
  }
}
