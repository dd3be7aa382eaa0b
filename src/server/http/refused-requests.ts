import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { plainPage } from './plain-page';

/** For a browser to send the rest of its request: before that, it does not read the answer. */
const DRAIN_MS = 5_000;

const STATUSES: Record<string, number | undefined> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Answers what is not a request, as Node does, except for a header that is too large: below a shared domain, a page can set
 * so many cookies that no request of the browser is accepted any more, neither here nor for a device. The answer to it
 * removes them; only the browser knows them, because the header was not read.
 */
export function answerRefusedRequests(server: Server): void {
  const answered = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex & { _httpMessage?: ServerResponse }) => {
    if (answered.has(socket)) return; // more of the same request
    if (!socket.writable || socket._httpMessage?.headersSent) return void socket.destroy(error);
    answered.add(socket);
    const status = STATUSES[error.code ?? ''] ?? 400;
    if (status !== 431) {
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
      return;
    }
    socket.end(COOKIES_ANSWER);
    const cut = setTimeout(() => socket.destroy(), DRAIN_MS);
    socket.once('close', () => clearTimeout(cut));
  });
}

/** Runs in the browser: removes every cookie that scripts may remove, for the host and all domains above it. */
const SCRIPT = `
const labels = location.hostname.split('.');
const domains = ['', ...labels.slice(0, -1).map((_, at) => '; Domain=' + labels.slice(at).join('.'))];
const paths = ['/'];
for (let at = location.pathname.indexOf('/', 1); at !== -1; at = location.pathname.indexOf('/', at + 1))
  paths.push(location.pathname.slice(0, at), location.pathname.slice(0, at + 1));
paths.push(location.pathname);
const kinds = ['', '; Secure; SameSite=None', '; Secure; SameSite=None; Partitioned'];
const names = () => document.cookie.split('; ').filter(Boolean).map((pair) => pair.split('=', 1)[0]);
const before = names();
for (const name of before)
  for (const domain of domains)
    for (const path of paths)
      for (const kind of kinds) document.cookie = name + '=; Max-Age=0; Path=' + path + domain + kind;
if (before.length > 0 && names().length === 0) {
  for (const todo of document.querySelectorAll('.todo')) todo.hidden = true;
  for (const done of document.querySelectorAll('.done')) done.hidden = false;
}`;
/** In every language: which one the browser asks for is in the header, which was not read. */
const TEXTS = [
  {
    lang: 'en',
    title: 'Too many cookies',
    what: "The browser sent more cookies, or a longer address, than this server accepts. A device's page may have set them.",
    todo: 'Delete the cookies of this site in the settings of the browser, then reload the page.',
    done: 'The cookies have been removed. Reload the page. If this happens again, close the pages of devices first.',
  },
  {
    lang: 'ja',
    title: 'Cookieが多すぎます',
    what: 'ブラウザーから送信されたCookieが多すぎるか、アドレスが長すぎるため、サーバーは要求を受け付けられません。機器のページがCookieを設定した可能性があります。',
    todo: 'ブラウザーの設定でこのサイトのCookieを削除してから、ページを再読み込みしてください。',
    done: 'Cookieを削除しました。ページを再読み込みしてください。再び発生する場合は、先に機器のページを閉じてください。',
  },
];
const PAGE = plainPage(
  TEXTS.map(({ lang, title, what, todo, done }) => ({
    lang,
    title,
    content: `<p>${what}</p><p class="todo">${todo}</p><p class="done" hidden>${done}</p>`,
  })),
  SCRIPT,
);
const COOKIES_ANSWER = [
  `HTTP/1.1 431 ${STATUS_CODES[431]}`,
  ...Object.entries(PAGE.fields).map(([name, value]) => `${name}: ${value}`),
  '',
  PAGE.body,
].join('\r\n');
