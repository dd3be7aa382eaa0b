import type { HttpAdapterHost } from '@nestjs/core';
import { recordedJournal } from '../../../../test/support/recorded-journal';
import { readConfig } from '../../config/config';
import { HostRouter } from '../../http/host-router';
import type { BrowserSessions } from '../browser-sessions.service';
import { SessionOrigins } from './session-origins';
import { SessionSite } from './session-site';

describe('a session domain', () => {
  it.each([
    ['https://platen.example', 'sessions.example', undefined],
    ['https://platen.example.com', 'sessions.example.com', 'example.com'],
    ['https://example.com', 'sessions.example.com', 'example.com'],
    ['https://console.sessions.example', 'sessions.example', 'sessions.example'],
    ['https://platen.co.jp', 'sessions.co.jp', undefined],
    ['https://platen.example.co.jp', 'sessions.example.co.jp', 'example.co.jp'],
    ['https://notexample.com', 'sessions.example.com', undefined],
    ['http://localhost:8080', 'localhost', undefined],
  ])('of a console at %s: %s shares %s', (PLATEN_PUBLIC_URL, PLATEN_SESSION_DOMAIN, shared) => {
    const config = readConfig({ PLATEN_PUBLIC_URL, PLATEN_SESSION_DOMAIN });
    const origins = new SessionOrigins(config, {} as HttpAdapterHost);
    expect(origins.sharedDomain).toBe(shared);
    const { journal, messages } = recordedJournal();
    new SessionSite(new HostRouter(), origins, {} as BrowserSessions, journal, config).onModuleInit();
    expect(messages()).toHaveLength(shared === undefined ? 0 : 1);
  });
});
