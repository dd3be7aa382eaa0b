import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Config } from '../config/config';
import { consoleNames } from '../config/host-names';
import { UnknownHost } from './http.errors';
import { plainPage } from './plain-page';

/** For supervisors and load balancers, which may know no name. */
const PROBES = ['/healthz', '/readyz'];
const FOR_PROGRAMS = /^\/(api|oauth|internal|metrics|\.well-known)\b/;

/**
 * The names under which console and API answer. A page of another site can have its own name lead to this server (DNS
 * rebinding), and would then pass as the console; an address cannot be claimed like that. Without PLATEN_PUBLIC_URL it is
 * unknown which names are right, and all are.
 */
export class KnownHosts {
  private readonly names: ReadonlySet<string> | undefined;
  private readonly page: ReturnType<typeof plainPage>;

  constructor(config: Config) {
    const { publicUrl } = config.http;
    this.names = publicUrl === undefined ? undefined : new Set(consoleNames(config));
    this.page = pageOf(publicUrl ?? '');
  }

  /** @param hostname as `hostnameOf` returns it; HTTP/1.0 needs none */
  has(hostname: string, { url = '' }: IncomingMessage): boolean {
    if (this.names === undefined || hostname === '' || this.names.has(hostname)) return true;
    return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0 || PROBES.includes(url.split('?', 1)[0]!);
  }

  /** RFC 9110 15.5.20: a problem for programs, a page for browsers. */
  refuse({ url = '' }: IncomingMessage, response: ServerResponse): void {
    const { body, fields } = this.page;
    const problem = new UnknownHost().toProblem();
    if (!FOR_PROGRAMS.test(url)) return void response.writeHead(problem.status, fields).end(body);
    const text = JSON.stringify(problem);
    response.writeHead(problem.status, {
      ...fields,
      'Content-Type': 'application/problem+json',
      'Content-Length': Buffer.byteLength(text),
    });
    response.end(text);
  }
}

function pageOf(publicUrl: string): ReturnType<typeof plainPage> {
  const url = publicUrl && new URL(publicUrl).origin;
  const link = `<a href="${url}/">${url}/</a>`;
  return plainPage([
    {
      lang: 'en',
      title: 'Not the name of this server',
      content:
        `<p>The address leads to this Platen server, but under a name that the server does not know. Open ${link} instead.</p>` +
        '<p>Administrators: if the name is right, add it to PLATEN_HOST_NAMES and restart the server. A reverse proxy has ' +
        'to pass on <code>Host</code>.</p>',
    },
    {
      lang: 'ja',
      title: 'このサーバーの名前ではありません',
      content:
        `<p>アドレスはこのPlatenサーバーにつながっていますが、サーバーに登録されていない名前です。${link} を開いてください。</p>` +
        '<p>管理者の方へ: 名前が正しい場合は、PLATEN_HOST_NAMESに追加し、サーバーを再起動してください。リバースプロキシは<code>Host</code>をそのまま渡す必要があります。</p>',
    },
  ]);
}
