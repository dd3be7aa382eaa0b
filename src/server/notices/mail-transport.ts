import { Inject, Injectable } from '@nestjs/common';
import { createTransport, type SMTPTransportOptions } from 'nodemailer';
import { LIMITS } from '../../protocol/limits';
import { isLoopback } from '../../protocol/loopback';
import { CONFIG, type Config } from '../config/config';
import { readMailFiles, type MailFiles } from '../config/mail-files';
import type { MailSettings } from '../config/mail-settings';
import { MailFailed } from './mail-failed';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly language: string;
  readonly messageId: string;
  readonly date: Date;
}

/** Hands mails to the mail server, each over a connection of its own. */
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
      // the files may have changed: a password is put right while the mail waits
      const connection = this.connection(settings, readMailFiles(settings));
      const transport = createTransport({ ...connection, disableFileAccess: true, disableUrlAccess: true });
      await transport.sendMail({
        // addresses as objects: what is in them is never parsed into more of them
        from: { name: 'Platen', address: settings.from },
        to: { name: '', address: mail.to },
        envelope: { from: settings.from, to: [mail.to] },
        subject: mail.subject,
        text: mail.text,
        messageId: mail.messageId,
        date: mail.date,
        // RFC 3834: no automatic answers
        headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': mail.language },
        signal: AbortSignal.any([stopping, AbortSignal.timeout(this.acceptMs)]),
      });
    } catch (error) {
      throw new MailFailed(error);
    }
  }

  /** Outside loopback nothing goes out unencrypted, or to a server that cannot prove its name (RFC 8314 4.3). */
  private connection(
    { host, port, tlsFirst, user }: MailSettings,
    { password, authority }: MailFiles,
  ): SMTPTransportOptions {
    const strict = !isLoopback(host) || authority !== undefined;
    return {
      host,
      port,
      secure: tlsFirst,
      requireTLS: strict && !tlsFirst,
      tls: { rejectUnauthorized: strict, ca: authority },
      auth: user === undefined ? undefined : { user, pass: password },
      dnsTimeout: this.connectMs,
      connectionTimeout: this.connectMs,
      greetingTimeout: this.connectMs,
      socketTimeout: this.acceptMs,
    };
  }
}
