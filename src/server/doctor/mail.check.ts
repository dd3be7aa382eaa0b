import { check, note, type CheckFinding } from '../../protocol/check-finding';
import { LIMITS } from '../../protocol/limits';
import type { Config } from '../config/config';
import { readMailFiles } from '../config/mail-files';
import { mailConnection } from '../notices/mail/mail-transport';

const WAITS = { connectMs: LIMITS.MAIL_TIMEOUT_MS, acceptMs: LIMITS.MAIL_TIMEOUT_MS };

/** Logs in to the mail server; sends nothing. */
export async function mailCheck({ mail }: Config): Promise<CheckFinding> {
  if (!mail) return note('mail', 'none is sent; set PLATEN_SMTP_URL and PLATEN_MAIL_FROM');
  const server = `${mail.host}:${mail.port}`;
  return check(
    'mail',
    async () => {
      const { createTransport } = await import('nodemailer');
      const transport = createTransport(mailConnection(mail, readMailFiles(mail), WAITS));
      await transport.verify().finally(() => transport.close());
      return `${server} accepts the login`;
    },
    ({ code, message }) => `${server} cannot be used (${code ?? 'failed'}): ${message}; see PLATEN_SMTP_URL`,
  );
}
