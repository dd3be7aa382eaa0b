import { Inject, Injectable } from '@nestjs/common';
import type { NodemailerError, SMTPTransportOptions } from 'nodemailer';
import { LIMITS } from '../../../protocol/limits';
import { isLoopback } from '../../../protocol/loopback';
import { withTimeLimit } from '../../../tunnel/time-limit';
import { CONFIG, type Config } from '../../config/config';
import { readMailFiles, type MailFiles } from '../../config/mail-files';
import type { MailSettings } from '../../config/mail-settings';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly language: string;
  readonly messageId: string;
  readonly date: Date;
  readonly attachments?: readonly { filename: string; content: Buffer; contentType: string }[];
}

/** Replies (RFC 5321 4.2.1) that refuse the session, not this mail: bad sequence, authentication or STARTTLS missing. */
const SESSION_REFUSALS = [503, 530];
const REASON_CHARACTERS = 300;

/** A mail was not accepted. `permanent`: a retry is useless; any other failure may be temporary. */
export class MailFailed extends Error {
  override readonly name = 'MailFailed';
  readonly permanent: boolean;

  constructor(error: unknown) {
    const { message, code, responseCode = 0 } = error as NodemailerError;
    super(`${code ?? 'failed'}: ${message}`.slice(0, REASON_CHARACTERS));
    // the cause of a refused login or certificate may be corrected while the mail waits
    const isAboutMail = code === 'EENVELOPE' || code === 'EMESSAGE';
    this.permanent = isAboutMail && responseCode >= 500 && !SESSION_REFUSALS.includes(responseCode);
  }
}

/** Sends mails to the mail server, each over its own connection. */
@Injectable()
export class MailTransport {
  /** Milliseconds for the connection, TLS and the greeting. */
  connectMs: number = LIMITS.MAIL_TIMEOUT_MS;
  /** Milliseconds for an answer, and for the whole mail. */
  acceptMs: number = LIMITS.MAIL_ACCEPT_MS;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** @throws MailFailed */
  async send(mail: Mail, stopping: AbortSignal): Promise<void> {
    const settings = this.config.mail;
    if (!settings) throw new Error('no mail server is configured');
    try {
      // the files may have changed: a password is corrected while the mail waits
      const connection = mailConnection(settings, readMailFiles(settings), this);
      const { createTransport } = await import('nodemailer'); // loaded with the first mail
      const transport = createTransport({ ...connection, disableFileAccess: true, disableUrlAccess: true });
      const message = {
        // addresses as objects are never parsed into several
        from: { name: 'Platen', address: settings.from },
        to: { name: '', address: mail.to },
        envelope: { from: settings.from, to: [mail.to] },
        subject: mail.subject,
        text: mail.text,
        messageId: mail.messageId,
        date: mail.date,
        attachments: mail.attachments && [...mail.attachments],
        // RFC 3834: no automatic answers
        headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': mail.language },
      };
      await withTimeLimit(this.acceptMs, stopping, (signal) => transport.sendMail({ ...message, signal }));
    } catch (error) {
      throw new MailFailed(error);
    }
  }
}

/** Outside loopback, mail requires TLS and a certificate for the server's name (RFC 8314 4.3). */
export function mailConnection(
  { host, port, tlsFirst, user }: MailSettings,
  { password, authority }: MailFiles,
  { connectMs, acceptMs }: Pick<MailTransport, 'connectMs' | 'acceptMs'>,
): SMTPTransportOptions {
  const strict = !isLoopback(host) || authority !== undefined;
  return {
    host,
    port,
    secure: tlsFirst,
    requireTLS: strict && !tlsFirst,
    tls: { rejectUnauthorized: strict, ca: authority },
    auth: user === undefined ? undefined : { user, pass: password },
    dnsTimeout: connectMs,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: acceptMs,
  };
}
