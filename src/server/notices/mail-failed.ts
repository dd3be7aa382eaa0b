import type { NodemailerError } from 'nodemailer';

/** Replies to MAIL, RCPT and DATA that speak of this server's settings, or of the connection: not of the mail. */
const NOT_OF_THE_MAIL = [
  503, // bad sequence of commands (RFC 5321 4.2.3)
  530, // authentication, or STARTTLS, needed first (RFC 4954 6, RFC 3207 4)
];
const REASON_CHARACTERS = 300;

/** An e-mail was not taken. `permanent`: this mail never will be (RFC 5321 4.2.1); all else may be better next time. */
export class MailFailed extends Error {
  override readonly name = 'MailFailed';
  readonly permanent: boolean;

  constructor(error: unknown) {
    const { message, code, responseCode = 0 } = error as NodemailerError;
    super(`${code ?? 'failed'}: ${message}`.slice(0, REASON_CHARACTERS));
    // a refused login or certificate may be put right while the mail waits
    const ofTheMail = code === 'EENVELOPE' || code === 'EMESSAGE';
    this.permanent = ofTheMail && responseCode >= 500 && !NOT_OF_THE_MAIL.includes(responseCode);
  }
}
