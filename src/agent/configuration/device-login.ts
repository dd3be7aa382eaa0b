import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';

/** Control characters, and the delimiter of Basic (RFC 7617 2). */
// eslint-disable-next-line no-control-regex
const USER = /^[^\u0000-\u001f\u007f:]+$/;

/** `"login"` of a device. */
export const deviceLogin = z
  .strictObject({
    user: z.string().min(1).max(200).regex(USER, 'must not contain a colon or control characters'),
    password: z.string().min(1).max(200).optional(),
    passwordFile: z.string().min(1).optional(),
    clearText: z.boolean().default(false),
  })
  .superRefine(({ password, passwordFile }, context) => {
    if ((password === undefined) === (passwordFile === undefined))
      context.addIssue({ code: 'custom', message: 'needs "password" or "passwordFile"' });
  });

/** The login of the agent at one device. The password is in no property, so that nothing prints or sends it by accident. */
export class DeviceLogin {
  readonly user: string;
  /** Whether the password may be sent without TLS and without a hash. */
  readonly clearText: boolean;
  readonly #file: string | undefined;
  #password: string;

  /** @param folder base of a relative `passwordFile` */
  constructor({ user, clearText, password = '', passwordFile }: z.output<typeof deviceLogin>, folder: string) {
    this.user = user;
    this.clearText = clearText;
    this.#password = password;
    this.#file = passwordFile === undefined ? undefined : resolve(folder, passwordFile);
  }

  get password(): string {
    return this.#password;
  }

  /**
   * Reads the password from its file.
   * @param configurationFile contains the password if it is not in a file of its own
   * @throws Error that names the file, if other users can read it
   */
  async load(configurationFile: string): Promise<void> {
    await refuseShared(this.#file ?? configurationFile);
    if (this.#file === undefined) return;
    this.#password = (await readFile(this.#file, 'utf8')).replace(/\r?\n$/, '');
    if (!/^[^\r\n]{1,200}$/.test(this.#password))
      throw new Error(`${this.#file}: must contain a password of at most 200 characters in one line`);
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
