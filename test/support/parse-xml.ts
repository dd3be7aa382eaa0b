import { xml, type Element } from '@xmpp/client';
import { SaxesParser } from 'saxes';

/** One XML element with its children, read strictly. @throws on anything that is not well-formed */
export function parseXml(text: string): Element {
  const parser = new SaxesParser({ xmlns: false });
  const open: Element[] = [];
  let root: Element | undefined;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = xml(name, attributes as Record<string, string>);
    open.at(-1)?.append(element);
    root ??= element;
    open.push(element);
  });
  parser.on('text', (part) => void open.at(-1)?.append(part));
  parser.on('closetag', () => void open.pop());
  parser.write(text).close();
  if (!root) throw new Error('there is no element');
  return root;
}
