import { z } from 'zod';

/** How the server sends mail. */
export interface MailSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (RFC 8314), not by STARTTLS. */
  readonly tlsFirst: boolean;
  readonly user: string | undefined;
  /** File with the password of `user`. */
  readonly passwordFile: string | undefined;
  /** PEM file; undefined: the authorities that Node trusts. */
  readonly authorityFile: string | undefined;
  readonly from: string;
}

/** `smtp://host`, `smtps://user@host:port` */
export const mailServer = z
  .url({ protocol: /^smtps?$/ })
  .transform((text) => new URL(text))
  .refine(
    (url) => url.password === '',
    'must not contain the password: put it in a file and set PLATEN_SMTP_PASSWORD_FILE',
  )
  .refine(({ hostname, pathname }) => hostname !== '' && /^\/?$/.test(pathname), 'must be smtp[s]://[user@]host[:port]')
  .refine(({ username }) => decoded(username) !== undefined, 'the user is not percent-encoded correctly');

/** The default ports are those of RFC 6409 and RFC 8314. */
export function mailSettings(
  url: z.output<typeof mailServer> | undefined,
  passwordFile: string | undefined,
  authorityFile: string | undefined,
  from: string | undefined,
): MailSettings | undefined {
  if (!url || !from) return undefined;
  const tlsFirst = url.protocol === 'smtps:';
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port ? Number(url.port) : tlsFirst ? 465 : 587,
    tlsFirst,
    user: decoded(url.username) || undefined,
    passwordFile,
    authorityFile,
    from,
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
