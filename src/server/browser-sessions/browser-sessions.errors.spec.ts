import type { SessionEntity } from '../sessions/session.entity';
import { BrowserAccessUnavailable } from './browser-sessions.errors';

describe('the command that replaces browser access', () => {
  it.each([
    ['paper jam', `'paper jam'`],
    [`it's $(late) "now"`, `'it'\\''s $(late) "now"'`],
  ])('quotes the reason %s for a shell', (reason, quoted) => {
    const session = { deviceId: 'mfp-1', applicationId: 'web', reason } as SessionEntity;
    const { detail } = new BrowserAccessUnavailable('Not here.', session);
    expect(detail).toBe(`Not here. Use: platen connect mfp-1 web --reason ${quoted}`);
  });
});
