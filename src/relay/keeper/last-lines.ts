const LINES = 50;
/** A longer line is split. */
const LINE_CHARACTERS = 16_384;
/** A stored line is cut after this. */
const KEPT_CHARACTERS = 400;

/** Forwards a program's output in whole lines and stores the last ones. */
export class LastLines {
  readonly #kept: string[] = [];
  #partial = '';

  constructor(private readonly pass: (text: string) => void) {}

  append(chunk: string): void {
    const lines = (this.#partial + chunk).split('\n');
    this.#partial = lines.pop()!;
    if (this.#partial.length > LINE_CHARACTERS) {
      lines.push(this.#partial);
      this.#partial = '';
    }
    if (lines.length > 0) this.pass(lines.map((line) => `${line}\n`).join(''));
    this.#kept.push(...lines.slice(-LINES).map((line) => line.slice(0, KEPT_CHARACTERS)));
    this.#kept.splice(0, this.#kept.length - LINES);
  }

  /** Call it when the program has exited: its last line may be incomplete. */
  end(): void {
    if (this.#partial) this.append('\n');
  }

  toString(): string {
    return this.#kept.join('\n');
  }
}
