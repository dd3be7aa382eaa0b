/** Header fields as Node reads and writes them, unchanged: name, value, name, value. */
export type RawHeaders = readonly string[];

/** Fields of one connection only (RFC 9110 7.6.1), with the older ones of RFC 2616 13.5.1. */
const HOP_BY_HOP = ['connection', 'proxy-connection', 'keep-alive', 'te', 'transfer-encoding', 'upgrade'];
/** A peer that lists these in Connection would remove the message's length or its target. */
const NEVER_LISTED = ['content-length', 'content-type', 'host', 'cookie', 'set-cookie', 'location'];

export function* fields(raw: RawHeaders): Generator<[name: string, value: string]> {
  for (let at = 0; at + 1 < raw.length; at += 2) yield [raw[at]!, raw[at + 1]!];
}

/** Returns a test for the fields of a message that end at this hop. */
export function hopByHop(raw: RawHeaders): (name: string) => boolean {
  const listed = [...fields(raw)]
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(','))
    .map((option) => option.trim().toLowerCase())
    .filter((option) => !NEVER_LISTED.includes(option));
  const ending = new Set([...HOP_BY_HOP, ...listed]);
  return (name) => ending.has(name.toLowerCase());
}
