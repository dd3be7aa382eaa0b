// Malformed values, made from well-formed ones.

const STRANGE = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1e308,
    2 ** 53,
    0.1,
    '',
    ' ',
    'a'.repeat(10_000),
    '\u0000',
    '\ud800',
    '\u202eexe',
    '{}',
  ],
  ...[
    "'; DROP TABLE users; --",
    '../../etc/passwd',
    '%00',
    '${7*7}',
    '<script>',
    'constructor',
    '__proto__',
    'toString',
  ],
  ...['00000000-0000-4000-8000-000000000000', '9999-99-99T99:99:99Z', [], {}, [[]], { toString: null }, [null, null]],
];

/** A strange value, at times deep or wide. */
export function strange(dice) {
  if (dice.chance(0.9)) return dice.of(STRANGE);
  if (dice.chance(0.5)) return Array.from({ length: 2_000 }, () => 'x');
  let deep = {};
  for (let depth = 0; depth < 200; depth += 1) deep = { deep };
  return deep;
}

/** The value with one to three of its parts replaced, left out, or added. */
export function mutated(value, dice) {
  let result = globalThis.structuredClone(value);
  for (let count = Math.ceil(dice.between(0, 3)); count > 0; count -= 1) result = once(result, dice);
  return result;
}

function once(value, dice) {
  if (value === null || typeof value !== 'object' || dice.chance(0.1)) return strange(dice);
  const keys = Object.keys(value);
  if (keys.length === 0 || dice.chance(0.15)) {
    if (Array.isArray(value)) return [...value, strange(dice)];
    return { ...value, [dice.of(['extra', 'admin', 'role', 'siteId', 'constructor'])]: strange(dice) };
  }
  const key = dice.of(keys);
  if (Array.isArray(value)) return value.map((each, at) => (String(at) === key ? once(each, dice) : each));
  if (dice.chance(0.2)) return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  return { ...value, [key]: once(value[key], dice) };
}

/** A value as text that a path, a query or a form can carry. */
export function asText(value) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.replaceAll(/[\ud800-\udfff]/g, '?');
}
