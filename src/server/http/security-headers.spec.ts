import express from 'express';
import request from 'supertest';
import { readConfig } from '../config/config';
import type { Settings } from '../config/config.module';
import { securityHeaders } from './security-headers';

async function policyWith(environment: Record<string, string>): Promise<Map<string, string[]>> {
  const settings = { config: readConfig(environment), certificate: { selfSigned: true } } as Settings;
  const app = express().use(securityHeaders(settings), (_request, response) => void response.send('page'));
  const header = (await request(app).get('/')).get('Content-Security-Policy') ?? '';
  return new Map(
    header.split(';').map((directive) => {
      const [name = '', ...sources] = directive.trim().split(' ');
      return [name, sources];
    }),
  );
}

describe('the Content-Security-Policy', () => {
  it.each([
    ['on loopback', {}, 'http://*.localhost:8080'],
    ['on any free port', { PLATEN_PORT: '0' }, 'http://*.localhost:*'],
    [
      'behind a proxy',
      { PLATEN_PUBLIC_URL: 'https://platen.example', PLATEN_SESSION_DOMAIN: 'devices.example' },
      'https://*.devices.example',
    ],
    [
      'with TLS of its own',
      { PLATEN_HOST: '0.0.0.0', PLATEN_SESSION_DOMAIN: 'devices.example', PLATEN_PORT: '8443' },
      'https://*.devices.example:8443',
    ],
  ])("permits devices' pages in frames %s, and nothing else", async (_where, environment, origins) => {
    const policy = await policyWith(environment);
    expect(policy.get('frame-src')).toEqual([origins]);
    expect(policy.get('form-action')).toEqual(["'self'", origins]);
  });

  it('permits no frame if there are no such pages', async () => {
    const policy = await policyWith({ PLATEN_HOST: '0.0.0.0' });
    expect(policy.get('frame-src')).toEqual(["'none'"]);
    expect(policy.get('form-action')).toEqual(["'self'"]);
  });

  it('permits scripts, connections and framing by the same origin only', async () => {
    const policy = await policyWith({});
    expect(policy.get('script-src')).toEqual(["'self'"]);
    expect(policy.get('script-src-attr')).toEqual(["'none'"]);
    expect(policy.get('connect-src')).toEqual(["'self'"]);
    expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
    expect(policy.get('object-src')).toEqual(["'none'"]);
  });
});
