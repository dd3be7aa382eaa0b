import { connectLine } from './connect-line';
import type { SessionEntity } from '../sessions/session.entity';

it.each([
  ['paper jam', `'paper jam'`],
  [`it's $(late) "now"`, `'it'\\''s $(late) "now"'`],
])('the reason %s is one word to a shell', (reason, quoted) => {
  const session = { deviceId: 'mfp-1', applicationId: 'web', reason } as SessionEntity;
  expect(connectLine(session)).toBe(`platen connect mfp-1 web --reason ${quoted}`);
});
