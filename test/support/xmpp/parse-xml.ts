import { xml, type Element } from '@xmpp/client';
import { SaxesParser } from 'saxes';

/** One XML element with its children, read strictly. @throws on anything that is not well-formed */
export function parseXml(text: string): Element {
  const parser = new SaxesParser({ xmlns: false });
  const open: { name: string; attributes: Record<string, string>; children: (Element | string)[] }[] = [];
  let root: Element | undefined;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    open.push({ name, attributes, children: [] });
  });
  parser.on('text', (part) => void open.at(-1)?.children.push(part));
  parser.on('closetag', () => {
    const { name, attributes, children } = open.pop()!;
    root = xml(name, attributes, ...children);
    open.at(-1)?.children.push(root);
  });
  parser.write(text).close();
  if (!root) throw new Error('there is no element');
  return root;
}
