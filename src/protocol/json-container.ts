/**
 * The text of a JSON container (XEP-0335). Two characters that JSON allows as they are end an XML stream
 * (XML 1.0, 2.2), so they are escaped; all others of that kind JSON escapes itself.
 */
export const jsonContainerText = (body: unknown): string =>
  JSON.stringify(body).replace(/[\ufffe\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
