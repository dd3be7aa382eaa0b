import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  /** Names in lower case; unfolded, encoded words (RFC 2047) decoded. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly tls: boolean;
  readonly user: string | undefined;
}
/** A reply code to refuse with, `accept`, or a promise of one of them: until then the client waits. */
export type MailAnswer = 'accept' | number | Promise<'accept' | number>;

/** A real SMTP server on loopback; what it answers can be changed at any time. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** Every time a recipient was named. */
  attempts = 0;
  onRecipient: (address: string) => MailAnswer = () => 'accept';
  /** After all of the mail has come. */
  onMail: (mail: ReceivedMail) => MailAnswer = () => 'accept';
  private server!: SMTPServer;
  private renewals = 0;
  port = 0;

  private constructor(private readonly options: SMTPServerOptions) {}

  /** @param options without `key` it speaks no TLS; `authOptional: false` needs `user` with `word` */
  static async start(options: SMTPServerOptions = {}): Promise<MailServer> {
    const it = new MailServer(options);
    await it.open();
    return it;
  }

  /** Accepts everything, and forgets what it has received, also what it is receiving. */
  renew(): void {
    this.renewals += 1;
    this.mails.length = 0;
    this.attempts = 0;
    this.onRecipient = this.onMail = () => 'accept';
  }

  /** Again on the same port. */
  async open(): Promise<void> {
    this.server = new SMTPServer({
      authOptional: true,
      disableReverseLookup: true,
      disabledCommands: this.options.key ? [] : ['STARTTLS'],
      closeTimeout: 1,
      logger: false,
      onAuth: ({ username, password }, _session, done) =>
        username === 'user' && password === 'word' ? done(null, { user: 'user' }) : done(refusal(535)),
      onRcptTo: ({ address }, _session, done) => {
        this.attempts += 1;
        void answer(this.onRecipient(address), done);
      },
      onData: (stream, session, done) => {
        const { renewals } = this;
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope;
          const mail = {
            ...parsed(Buffer.concat(chunks).toString('latin1')),
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            tls: session.secure,
            user: session.user as string | undefined,
          };
          void answer(this.onMail(mail), (error?: Error | null) => {
            if (!error && renewals === this.renewals) this.mails.push(mail);
            done(error);
          });
        });
      },
      ...this.options,
    });
    this.server.on('error', () => undefined); // of single connections
    const listening = this.server.listen(this.port, '127.0.0.1');
    await once(listening, 'listening');
    this.port = (listening.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

interface RawServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Takes connections and says nothing, ever. */
export const silentServer = (): Promise<RawServer> => rawServer(() => undefined);

/** Greets, and then sends a reply (RFC 5321 4.2.1) that never ends. */
export const talkingServer = (): Promise<RawServer> =>
  rawServer((socket) => {
    socket.write('220 mail.example\r\n');
    const more = setInterval(() => socket.write('250-and so on\r\n'), 20);
    socket.once('close', () => clearInterval(more));
  });

async function rawServer(serve: (socket: Socket) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const refusal = (responseCode: number): Error => Object.assign(new Error('refused by the test'), { responseCode });

async function answer(given: MailAnswer, done: (error?: Error | null) => void): Promise<void> {
  const settled = await given;
  done(settled === 'accept' ? null : refusal(settled));
}

function parsed(raw: string): { headers: Record<string, string>; text: string } {
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = words(line.slice(colon + 1).trim());
  }
  return { headers, text: content(body.join('\r\n\r\n'), headers['content-transfer-encoding'] ?? '7bit') };
}

/** RFC 2047; white space between two encoded words is no part of the text (6.2). */
const words = (text: string): string =>
  text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/((?:=\?utf-8\?[bq]\?[^?]*\?=)+)/gi, (run) =>
      Buffer.concat(
        [...run.matchAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi)].map(([, how, part = '']) =>
          how?.toLowerCase() === 'b' ? Buffer.from(part, 'base64') : quoted(part.replaceAll('_', ' ')),
        ),
      ).toString(),
    );

function content(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  return encoding === 'quoted-printable' ? quoted(body.replaceAll('=\r\n', '')).toString() : body;
}

const quoted = (text: string): Buffer =>
  Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
