import { readFileSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { LIMITS } from '../../protocol/limits';
import { isLoopback } from '../../protocol/loopback';
import { CONFIG, ConfigurationError, type Config } from '../config/config';
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
  private readonly settings: MailSettings | undefined;
  private readonly password: string | undefined;
  private readonly authority: string | undefined;

  /** @throws ConfigurationError naming the file that cannot be read */
  constructor(@Inject(CONFIG) { mail }: Config) {
    this.settings = mail;
    this.password = readFile('PLATEN_SMTP_PASSWORD_FILE', mail?.passwordFile)?.trimEnd();
    this.authority = readFile('PLATEN_SMTP_CA', mail?.authorityFile);
  }

  /** @throws MailFailed */
  async send(mail: Mail, stopping: AbortSignal): Promise<void> {
    const { settings } = this;
    if (!settings) throw new Error('no mail server is configured');
    const transport = createTransport({
      ...this.connection(settings),
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
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
  private connection({ host, port, tlsFirst, user }: MailSettings): Parameters<typeof createTransport>[0] & object {
    const strict = !isLoopback(host) || this.authority !== undefined;
    return {
      host,
      port,
      secure: tlsFirst,
      requireTLS: strict && !tlsFirst,
      tls: { rejectUnauthorized: strict, ca: this.authority },
      auth: user === undefined ? undefined : { user, pass: this.password },
      dnsTimeout: this.connectMs,
      connectionTimeout: this.connectMs,
      greetingTimeout: this.connectMs,
      socketTimeout: this.acceptMs,
    };
  }
}

function readFile(variable: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`${variable}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
