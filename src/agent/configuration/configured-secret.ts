import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

const CHARACTERS = 200;

/**
 * A secret of the configuration file, in it or in a file of its own. The text is in no property, so that nothing prints or
 * sends it by accident.
 */
export class ConfiguredSecret {
  readonly #file: string | undefined;
  #text: string;

  /** @param folder base of a relative `file` */
  constructor({ text = '', file }: { readonly text?: string; readonly file?: string }, folder: string) {
    this.#text = text;
    this.#file = file === undefined ? undefined : resolve(folder, file);
  }

  get text(): string {
    return this.#text;
  }

  /**
   * Reads the secret from its file.
   * @param configurationFile contains the secret if it is not in a file of its own
   * @throws Error that names the file, if other users can read it
   */
  async load(configurationFile: string): Promise<void> {
    await refuseShared(this.#file ?? configurationFile);
    if (this.#file === undefined) return;
    this.#text = (await readFile(this.#file, 'utf8')).replace(/\r?\n$/, '');
    if (this.#text === '' || this.#text.length > CHARACTERS || /[\r\n]/.test(this.#text))
      throw new Error(`${this.#file}: must contain a password of at most ${CHARACTERS} characters in one line`);
  }
}

/** Mode bits have no meaning on Windows. */
async function refuseShared(file: string): Promise<void> {
  const { mode } = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file}: cannot be read (${error.code})`);
  });
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new Error(`${file}: contains a password and can be read by other users. Run: chmod 600 ${file}`);
}
