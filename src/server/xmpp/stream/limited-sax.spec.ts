import { LimitedSax } from './limited-sax';
import { xmppLimits } from '../xmpp-limits';

const MAX_BYTES = 60;
const limits = xmppLimits({ XMPP_DEPTH: 4, XMPP_ELEMENTS_PER_STANZA: 5 });

/** The events of the parser, and the condition that ended it. */
function parse(...chunks: string[]): { events: string; condition: string | undefined } {
  const sax = new LimitedSax(limits, () => MAX_BYTES);
  let events = '';
  sax.on('startElement', (name: string) => (events += `<${name}>`));
  sax.on('text', (text: string) => (events += text));
  sax.on('endElement', (name: string) => (events += `</${name}>`));
  try {
    for (const chunk of chunks) sax.write(chunk);
    return { events, condition: undefined };
  } catch (error) {
    return { events, condition: (error as { condition?: string }).condition };
  }
}
const OPEN = '<stream:stream>';

describe('limited SAX', () => {
  it.each([
    ['stanzas, whole', [OPEN, '<a>x</a>', '<b/>']],
    ['stanzas, in single characters', [...`${OPEN}<a>x</a><b/>`]],
    ['blanks between stanzas', [OPEN, ' \n', '<a>x</a>', '  ', '<b/>']],
    ['CDATA', [OPEN, '<a><![CDATA[x]]></a><b/>']],
    ['an XML declaration', [`<?xml version='1.0'?>${OPEN}<a>x</a><b/>`]],
  ])('reads %s', (_what, chunks) =>
    expect(parse(...chunks)).toEqual({ events: '<stream:stream><a>x</a><b></b>', condition: undefined }),
  );

  it.each([
    ['not-well-formed', ['<a></b>']],
    ['not-well-formed', ['</a>']],
    ['not-well-formed', ['<a>&foo;</a>']],
    ['not-well-formed', ['<a>&#0;</a>']],
    ['restricted-xml', ['<!-- -->']],
    ['restricted-xml', ['<?php ?>']],
    ['bad-format', ['<stream:stream>']],
    ['bad-format', ['text<a/>']],
    ['policy-violation', ['<a><a><a><a>']],
    ['policy-violation', ['<a><a/><a/><a/><a/><a/></a>']],
    ['policy-violation', [`<a>${'x'.repeat(MAX_BYTES)}`]],
    ['policy-violation', [`<a>${'x'.repeat(MAX_BYTES)}</a>`]],
    ['policy-violation', [`<a b='${'x'.repeat(MAX_BYTES)}`]],
    ['policy-violation', [...`<a>${'ü'.repeat(MAX_BYTES / 2)}</a>`]],
    ['policy-violation', Array.from({ length: MAX_BYTES + 1 }, () => ' ')],
  ])('ends a stream with <%s/> for %j', (condition, chunks) =>
    expect(parse(OPEN, ...chunks).condition).toBe(condition),
  );

  it('refuses a DTD before the stream', () =>
    expect(parse(`<!DOCTYPE x [<!ENTITY e "e">]>${OPEN}`).condition).toBe('restricted-xml'));
  it('refuses another root', () => expect(parse('<a>').condition).toBe('bad-format'));

  it('counts each stanza separately, regardless of the chunks', () => {
    const stanza = `<a>${'ü'.repeat(20)}</a>`;
    expect(parse(OPEN, stanza.repeat(50)).condition).toBeUndefined();
    expect(parse(OPEN, ...stanza.repeat(50)).condition).toBeUndefined();
    expect(parse(OPEN + stanza.repeat(3) + stanza.slice(0, 10), stanza.slice(10)).condition).toBeUndefined();
  });
});
