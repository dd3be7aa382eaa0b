/** Fields of printer-alert and printer-supply: `key=value;key=value;` (PWG 5100.9, PWG 5100.13). Keys in lower case. */
export function keyValues(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(';').map((pair) => pair.split('='));
  return new Map(pairs.map(([key = '', value = '']) => [key.trim().toLowerCase(), value.trim()]));
}
