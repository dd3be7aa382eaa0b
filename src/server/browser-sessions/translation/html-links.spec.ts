import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { LIMITS } from '../../../protocol/limits';
import { toSession } from './device-urls';
import { HtmlLinks } from './html-links';

const origins = { device: 'http://192.168.1.20', session: 'http://s-1.localhost:8080' };
const D = origins.device;
const S = origins.session;

const through = (parts: Buffer[]): Promise<Buffer> =>
  buffer(Readable.from(parts).pipe(new HtmlLinks((url) => toSession(url, origins))));
const whole = async (html: string): Promise<string> => (await through([Buffer.from(html)])).toString();

const TRANSLATED: [string, string][] = [
  [`<a href="${D}/a">x</a>`, `<a href="${S}/a">x</a>`],
  [`<a href='${D}'>x</a>`, `<a href='${S}'>x</a>`],
  [`<A HREF=${D}/a>x</A>`, `<A HREF=${S}/a>x</A>`],
  [`<a href = ${D}/a?b=c class=x>`, `<a href = ${S}/a?b=c class=x>`],
  [`<a title=">" href="${D}:80/#x">`, `<a title=">" href="${S}/#x">`],
  [`<form method=post action="HTTP://192.168.1.20/go">`, `<form method=post action="${S}/go">`],
  [`<img src="//192.168.1.20/i.png"/>`, `<img src="//s-1.localhost:8080/i.png"/>`],
  [`<img srcset="${D}/1.png 1x, ${D}/2.png 2x">`, `<img srcset="${S}/1.png 1x, ${S}/2.png 2x">`],
  [`<meta http-equiv=refresh content="0; url=${D}/b">`, `<meta http-equiv=refresh content="0; url=${S}/b">`],
  [`<script src="${D}/s.js"></script><a href="${D}/">`, `<script src="${S}/s.js"></script><a href="${S}/">`],
  [`<!--> <a href="${D}/">`, `<!--> <a href="${S}/">`],
  [`<!-- x --!><a href="${D}/">`, `<!-- x --!><a href="${S}/">`],
  [`<![CDATA[>]]><a href="${D}/">`, `<![CDATA[>]]><a href="${S}/">`],
  [`</br href=x><a href="${D}/">`, `</br href=x><a href="${S}/">`],
  [`1 < 2 <a href="${D}/">`, `1 < 2 <a href="${S}/">`],
  [`<<a href="${D}/">`, `<<a href="${S}/">`],
];
const UNCHANGED = [
  `<p>${D}/a</p>`,
  `<a title="${D}/a">`,
  `<a href="http://192.168.1.200/a">`,
  `<a href="http://192.168.1.20:8080/a">`,
  `<a href="https://192.168.1.20/a">`,
  `<a href="http://user@192.168.1.20/a">`,
  `<a href="http://192.168.1.20.example.com/a">`,
  `<a href="/a">`,
  `<a href="">`,
  `<!-- <a href="${D}/a"> -->`,
  `<script>var a = '<a href="${D}/a">';</script>`,
  `<textarea></text <a href="${D}/a"></textarea>`,
  `<title></titles <a href="${D}/a">`,
  `<plaintext></plaintext><a href="${D}/a">`,
  `<a href="${D}/${'x'.repeat(9000)}">`,
  `<a href="${D}/unfinished`,
  `<?xml href="${D}/" ?>`,
];

describe('links in an HTML stream', () => {
  it.each(TRANSLATED)('translates %s', async (html, expected) => expect(await whole(html)).toBe(expected));
  it.each(UNCHANGED)('leaves %s', async (html) => expect(await whole(html)).toBe(html));

  it('does not depend on where the stream is split', async () => {
    const html = Buffer.from(TRANSLATED.map(([each]) => each).join('\n'));
    const expected = TRANSLATED.map(([, each]) => each).join('\n');
    expect((await through([...html].map((byte) => Buffer.from([byte])))).toString()).toBe(expected);
    for (let at = 0; at < html.length; at += 7)
      expect((await through([html.subarray(0, at), html.subarray(at)])).toString()).toBe(expected);
  });

  it('does not change content without such a link', async () => {
    const noise = randomBytes(200_000);
    const markup = Buffer.from('<>"\'=/!- ab\n');
    const html = Buffer.from(noise.map((byte) => (byte < 128 ? markup[byte % markup.length]! : byte)));
    expect((await through([html])).equals(html)).toBe(true);
  });

  it.each([
    ['a tag', '<p', ' a=b'],
    ['an attribute name', '<p ', 'a'],
    ['an attribute value', '<a title="', 'x'],
    ['a link', '<a href="', 'x'],
    ['a link without quotes', '<a href=', 'x'],
    ['a script', '<script>', '</scrip'],
    ['a comment', '<!--', '-- '],
    ['a list of links', '<img srcset="', '//a '],
    ['an element name', '<', 'p'],
    ['nested elements', '', '<div>'],
  ])('passes %s without an end as it comes', async (_what, head, part) => {
    const links = new HtmlLinks((url) => toSession(url, origins));
    let received = 0;
    links.on('data', (chunk: Buffer) => (received += chunk.length));
    let sent = 0;
    for (const chunk of [Buffer.from(head), ...Array.from({ length: 40 }, () => Buffer.alloc(50_000, part))]) {
      await new Promise((done) => links.write(chunk, done));
      sent += chunk.length;
      expect(sent - received).toBeLessThanOrEqual(LIMITS.BROWSER_LINK_BYTES);
    }
    links.destroy();
  });

  it.each(['utf16le', 'latin1', 'utf8'] as const)(
    'does not change text in %s, whatever it is said to be',
    async (coding) => {
      const html = Buffer.from(`\ufeff<p title="ä">${D}</p><!-- ü --><a href="/ö">\u3c00</a>`, coding);
      expect((await through([html])).equals(html)).toBe(true);
    },
  );
});
