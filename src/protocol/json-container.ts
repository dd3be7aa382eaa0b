/**
 * The text of a JSON container (XEP-0335). XML forbids U+FFFE and U+FFFF (XML 1.0, 2.2), but JSON does not escape
 * them. Unescaped, they would end the XML stream.
 */
export const jsonContainerText = (body: unknown): string =>
  JSON.stringify(body).replace(/[\ufffe\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
