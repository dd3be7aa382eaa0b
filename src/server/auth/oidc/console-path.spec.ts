import { consolePath } from './console-path';

it.each([
  [undefined, '/'],
  ['', '/'],
  ['/devices', '/devices'],
  ['/devices?search=hall', '/devices?search=hall'],
  ['/sessions/1/view', '/sessions/1/view'],
  ['/devices/../users', '/users'],
  ['/nowhere', '/'],
  ['/api/auth/logout', '/'],
  ['/devices/../api/users', '/'],
  ['//evil.example/devices', '/'],
  ['///evil.example/devices', '/'],
  ['https://evil.example/devices', '/'],
  ['https:evil.example/devices', '/'],
  ['javascript:alert(1)//devices', '/'],
  ['/\\evil.example/devices', '/'],
  ['\\\\evil.example/devices', '/'],
  ['/\t/evil.example/devices', '/'],
  ['http://console.invalid@evil.example/devices', '/'],
])('%j leads to %s', (text, path) => {
  expect(consolePath(text)).toBe(path);
});
