import { stepOfCode, totpUri } from './totp';

/** `12345678901234567890`, the secret of RFC 6238, appendix B. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

/** The last six digits of the codes of RFC 6238, appendix B, for SHA-1. */
const VECTORS: [seconds: number, code: string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
];

it.each(VECTORS)('at %d s, the code is %s', (seconds, code) => {
  expect(stepOfCode(SECRET, code, seconds * 1000)).toBe(Math.floor(seconds / 30));
});

it.each([
  [-2, undefined],
  [-1, 37_037_036],
  [0, 37_037_036],
  [1, 37_037_036],
  [2, undefined],
])('a clock that is %d steps ahead finds the step %s', (ahead, step) => {
  expect(stepOfCode(SECRET, '081804', (1_111_111_109 + ahead * 30) * 1000)).toBe(step);
});

it.each(['000000', '81804'.padEnd(6, '0'), '٠٨١٨٠٤'])('%s is wrong', (code) => {
  expect(stepOfCode(SECRET, code, 1_111_111_109_000)).toBeUndefined();
});

it('names server and user in the URI', () => {
  const uri = new URL(totpUri(SECRET, 'alex@acme', 'platen.example'));
  expect(uri.protocol).toBe('otpauth:');
  expect(decodeURIComponent(uri.pathname)).toContain('Platen platen.example:alex@acme');
  expect(uri.searchParams.get('secret')).toBe(SECRET);
});
