// Hostile HTTP: every route of the API as every kind of caller, with malformed paths, headers and bodies; and what is no HTTP.
import { connect } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { asText, mutated, strange } from './mutation.mjs';

const ANSWER_MS = 120_000;
/** Calls under way at the same time. */
const AT_ONCE = 8;
/** They end the caller's own access. */
const OWN_END = /\/auth\/logout|\/tokens\/current|\/auth\/password/;

const RAW = [
  'GET / HTTP/9.9\r\n\r\n',
  'GET\r\n\r\n',
  'GET /api/about HTTP/1.1\r\n\r\n',
  'GET /api/about HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
  'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
  'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nX',
  'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /api/%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
  'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'GET /api/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 99\r\n\r\n',
  `GET /api/about HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`,
  `GET /${'a'.repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  '\u0000'.repeat(1000),
];

export async function attack({ stage, dice, until, count, wrong, secretIn, ids, callers }) {
  const document = await (await fetch(`${stage.url}/api/docs-json`, { headers: callers.admin[0] })).json();
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody }]) => {
      const schema = requestBody?.content?.['application/json']?.schema;
      return { path, method: method.toUpperCase(), example: exampleOf(schema, document) };
    }),
  );
  const work = async () => {
    while (!until()) {
      if (dice.chance(0.1)) {
        const answer = await raw(stage, dice.of(RAW));
        count(`raw: ${/^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? 'no answer'}`);
        if (/^HTTP\/1.1 500/.test(answer)) wrong(`raw request answered ${answer.slice(0, 80)}`);
        continue;
      }
      await call(dice.of(routes), dice.of(Object.keys(callers)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return `${routes.length} routes`;

  async function call({ path, method, example }, caller) {
    if (OWN_END.test(path)) return;
    const isAdmin = caller === 'admin';
    const value = (name) => (isAdmin || dice.chance(0.3) ? strange(dice) : dice.of(ids(path, name)));
    const target = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(asText(value(name))));
    const query = dice.chance(0.2)
      ? `?${dice.of(['limit', 'cursor', 'deviceId', 'state', 'x'])}=${encodeURIComponent(asText(strange(dice)))}`
      : '';
    const headers = {
      'x-forwarded-for': `203.0.${Math.floor(dice.between(0, 255))}.${Math.floor(dice.between(1, 255))}`,
      'content-type': dice.weighted({
        'application/json': 8,
        'text/plain': 1,
        'application/x-www-form-urlencoded': 1,
        'application/octet-stream': 1,
      }),
      ...(dice.chance(0.1) && { origin: 'https://evil.example' }),
      ...(dice.chance(0.05) && { 'content-encoding': 'gzip' }),
      ...dice.of(callers[caller]),
    };
    const init = { method, headers, redirect: 'manual', signal: AbortSignal.timeout(ANSWER_MS) };
    if (method !== 'GET') init.body = bodyOf(example, dice);
    try {
      const response = await fetch(`${stage.url}${target}${query}`, init);
      const text = await response.text();
      count(`${response.status}`);
      const what = `${method} ${path} as ${caller}`;
      if (response.status === 500)
        wrong(`${what} answered 500: ${text.slice(0, 200)} to ${String(init.body).slice(0, 200)}`);
      if (!isAdmin && secretIn(text)) wrong(`${what} shows data of another customer: ${text.slice(0, 200)}`);
    } catch (error) {
      const why = error.cause?.code ?? error.name;
      count(why);
      if (why === 'TimeoutError' || why === 'ECONNREFUSED') wrong(`${method} ${path} as ${caller}: ${why}`);
    }
  }
}

function bodyOf(example, dice) {
  if (dice.chance(0.1))
    return dice.of(['', '{', '[', 'null', '"', '{"a":1}{', '\u0000', `[${'['.repeat(5_000)}`, 'a=b&c=d']);
  if (dice.chance(0.03)) return 'x'.repeat(200_000);
  return JSON.stringify(mutated(example, dice)) ?? '';
}

/** A body that is near to what the route accepts. */
function exampleOf(schema, document, depth = 0) {
  if (!schema || depth > 6) return {};
  if (schema.$ref) return exampleOf(document.components.schemas[schema.$ref.split('/').at(-1)], document, depth + 1);
  const [first] = schema.oneOf ?? schema.anyOf ?? schema.allOf ?? [];
  if (first) return exampleOf(first, document, depth + 1);
  if (schema.enum) return schema.enum[0];
  if (schema.const !== undefined) return schema.const;
  const properties = Object.entries(schema.properties ?? {});
  if (schema.type === 'array') return [exampleOf(schema.items, document, depth + 1)];
  if (schema.type === 'string') return schema.format === 'uuid' ? '00000000-0000-4000-8000-000000000000' : 'text';
  if (['integer', 'number'].includes(schema.type)) return 1;
  if (schema.type === 'boolean') return true;
  return Object.fromEntries(properties.map(([name, each]) => [name, exampleOf(each, document, depth + 1)]));
}

/** @returns what was answered until the server closed, or said nothing for a moment */
function raw({ url }, bytes) {
  return new Promise((done) => {
    let answer = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const timer = setTimeout(() => socket.destroy(), 500);
    socket.on('error', () => undefined);
    socket.on('data', (data) => (answer += data.toString()));
    socket.once('connect', () => socket.write(bytes));
    socket.once('close', () => {
      clearTimeout(timer);
      done(answer);
    });
  });
}
