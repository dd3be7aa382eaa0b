/** After white space: a bracket, a comma, a colon, a string, or another scalar (RFC 8259). */
const TOKEN =
  /(?:([[{])|([\]}])|(,)|(:)|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;
const SPACE = /[\t\n\r ]*/y;

type Expected = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'separator';

/**
 * Where a text stops being JSON: the offset of the first token that does not fit; the length of the text if it is incomplete
 * or JSON. `JSON.parse` does not always say it, and quotes the text, which may contain secrets.
 */
export function jsonFault(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  for (let at = 0; ; at = TOKEN.lastIndex) {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    TOKEN.lastIndex = SPACE.lastIndex;
    const token = TOKEN.exec(text);
    const next: Expected | undefined = token === null ? undefined : following(expected, token, open);
    if (next === undefined) return SPACE.lastIndex;
    expected = next;
  }
}

/** What follows a token; undefined if the token does not fit. @param open the brackets that are open */
function following(expected: Expected, token: RegExpExecArray, open: string[]): Expected | undefined {
  const [, opening, closing, comma, colon, text] = token;
  if (closing !== undefined) {
    const fits = expected === 'separator' || expected === (closing === '}' ? 'name or end' : 'value or end');
    return fits && open.pop() === (closing === '}' ? '{' : '[') ? 'separator' : undefined;
  }
  if (comma !== undefined) {
    if (expected !== 'separator' || open.length === 0) return undefined;
    return open.at(-1) === '{' ? 'name' : 'value';
  }
  if (colon !== undefined) return expected === 'colon' ? 'value' : undefined;
  if (expected === 'name' || expected === 'name or end') return text === undefined ? undefined : 'colon';
  if (expected !== 'value' && expected !== 'value or end') return undefined;
  if (opening === undefined) return 'separator';
  open.push(opening);
  return opening === '{' ? 'name or end' : 'value or end';
}
