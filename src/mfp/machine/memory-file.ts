import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../../protocol/parse-json';
import { DamagedMemory } from './machine.errors';
import { memory, type Memory } from './memory';

/** Stores a machine's memory in `<folder>/mfp.json`. Writes a new file and renames it, so that a crash cannot damage it. */
export class MemoryFile {
  private readonly path: string;
  private writing: Promise<void> = Promise.resolve();
  private pending = false;

  constructor(private readonly folder: string) {
    this.path = join(folder, 'mfp.json');
  }

  /** undefined on the first start. @throws DamagedMemory */
  async read(): Promise<Memory | undefined> {
    await mkdir(this.folder, { recursive: true });
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const parsed = memory.safeParse(parseJson(text));
    if (!parsed.success) throw new DamagedMemory(`${this.path} is not a memory file of a simulated MFP; move it away`);
    return parsed.data;
  }

  /** Writes after a short delay, including later changes. Resolves when written. */
  save(state: Memory): Promise<void> {
    if (this.pending) return this.writing;
    this.pending = true;
    this.writing = this.writing
      .catch(() => undefined)
      .then(async () => {
        this.pending = false;
        const beside = `${this.path}.new`;
        await writeFile(beside, JSON.stringify(state, null, 1));
        await rename(beside, this.path);
      });
    return this.writing;
  }
}
