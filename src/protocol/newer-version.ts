/**
 * Whether a version, of firmware or of a release, is newer than another one. Their numbers and words are compared one by one, numbers by value:
 * 2.9 < 2.10 < 2.10.1, 1.0 = 1.0.0, 1.0a < 1.0b. Where one has a word and the other has none, neither is newer: vendors
 * disagree whether 1.0a comes before 1.0. No version is newer than an unknown one.
 */
export function isNewer(version: string, than: string): boolean {
  const [ours, theirs] = [partsOf(version), partsOf(than)];
  if (theirs.length === 0) return false;
  for (let at = 0; at < Math.max(ours.length, theirs.length); at += 1) {
    const [one, other] = [ours[at] ?? '0', theirs[at] ?? '0'];
    const numbers = [one, other].filter((part) => /^\d/.test(part)).length;
    if (numbers === 1) return false;
    const [a, b] = numbers === 2 ? [BigInt(one), BigInt(other)] : [one, other];
    if (a !== b) return a > b;
  }
  return false;
}

const partsOf = (version: string): string[] => version.toLowerCase().match(/\d+|[a-z]+/g) ?? [];
