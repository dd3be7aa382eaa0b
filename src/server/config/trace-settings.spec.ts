import { ConfigurationError, readConfig } from './config';

describe('the settings of traces', () => {
  const of = (env: Record<string, string>) => readConfig(env).traces;
  const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

  it.each<[string, Record<string, string>, string | undefined]>([
    ['nothing', {}, undefined],
    ['an endpoint', ENDPOINT, 'http://127.0.0.1:4318/v1/traces'],
    [
      'an endpoint with a path',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c.example/otlp/' },
      'https://c.example/otlp/v1/traces',
    ],
    ['an endpoint for traces', { ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:1/x' }, 'http://c:1/x'],
    ['no exporter', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, undefined],
    ['everything off', { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }, undefined],
  ])('with %s', (_, env, url) => expect(of(env)?.url).toBe(url));

  it('are decoded, and the more special ones take precedence', () => {
    const env = {
      ...ENDPOINT,
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b = x%3Dy%2C ',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=2',
      OTEL_SERVICE_NAME: 'printers',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,region=eu',
    };
    expect(of(env)).toMatchObject({
      headers: { a: '2', b: 'x=y,' },
      attributes: { 'service.name': 'printers', region: 'eu' },
    });
  });

  it.each([
    ['a port alone', { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }],
    ['a password in the URL', { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://a:secret-marker@c.example' }],
    ['headers without a value', { ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: 'secret-marker' }],
    ['a broken encoding', { ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: 'a=secret-marker%E0%A4%A' }],
    ['a line break in a header', { ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: 'a=secret-marker%0d%0ab' }],
    [
      'headers in clear to another computer',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c.example', OTEL_EXPORTER_OTLP_HEADERS: 'a=secret-marker' },
    ],
  ])('refuse %s, and do not show it', (_, env) => {
    expect(() => of(env)).toThrow(ConfigurationError);
    expect(() => of(env)).not.toThrow(/secret-marker/);
    expect(() => of(env)).toThrow(/OTEL_EXPORTER_OTLP_/);
  });
});
