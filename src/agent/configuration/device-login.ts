import { z } from 'zod';
import { ConfiguredSecret } from './configured-secret';

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

/** The login of the agent at one device. */
export class DeviceLogin {
  readonly user: string;
  /** Whether the password may be sent without TLS and without a hash. */
  readonly clearText: boolean;
  readonly #secret: ConfiguredSecret;

  /** @param folder base of a relative `passwordFile` */
  constructor({ user, clearText, password, passwordFile }: z.output<typeof deviceLogin>, folder: string) {
    this.user = user;
    this.clearText = clearText;
    this.#secret = new ConfiguredSecret({ text: password, file: passwordFile }, folder);
  }

  get password(): string {
    return this.#secret.text;
  }

  /** @throws Error that names the file, if other users can read it */
  load(configurationFile: string): Promise<void> {
    return this.#secret.load(configurationFile);
  }
}
