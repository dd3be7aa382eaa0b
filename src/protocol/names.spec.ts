import { coversDevice, deviceIdPattern } from './names';

it.each([
  ['hall', ['hall'], true],
  ['hall-1', ['hall'], false],
  ['hall-1', ['hall-*'], true],
  ['hall-', ['hall-*'], true],
  ['hall', ['hall-*'], false],
  ['vault', ['hall-*', 'vault'], true],
  ['vault', ['*'], true],
  ['hallx1', ['hall.*'], false],
  ['vault', [], false],
])('the device ID %s is covered by %j: %s', (id, patterns, covered) => {
  expect(coversDevice(patterns, id)).toBe(covered);
});

it.each([
  ['hall', true],
  ['hall-*', true],
  ['*', true],
  ['', false],
  ['Hall', false],
  ['*hall', false],
  ['hall**', false],
  ['a'.repeat(64), true],
  [`${'a'.repeat(64)}*`, false],
])('%s is a pattern of device IDs: %s', (pattern, valid) => {
  expect(deviceIdPattern.safeParse(pattern).success).toBe(valid);
});
