// How the translation of pages burdens the server's event loop. Uses the compiled relaying of a response.
//   node bench/browser-sessions/translation.mjs [--megabytes 600] [--dist dist]
// A device sends pages of this size, one kind after the other; the event loop is measured while each passes.
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { createBrotliCompress, createGzip, constants } from 'node:zlib';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { clearInterval, setInterval } from 'node:timers';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { megabytes: { type: 'string', default: '600' }, dist: { type: 'string', default: 'dist' } },
});
const MB = 1024 * 1024;
const SIZE = Number(options.megabytes) * MB;
const ONCE = Buffer.from('<tr><td>a row of a table</td><td><a href="http://192.168.1.20/a?b=c">link</a></td></tr>\n');
const repeated = (part) => Buffer.alloc(MB, part);
const KINDS = {
  'plain text': [repeated('a'), undefined],
  'links of one page': [repeated(ONCE), undefined],
  'one tag without end': [repeated(' a=b'), undefined, '<p'],
  'one script without end': [repeated('</scrip '), undefined, '<script>'],
  'gzip of text': [repeated('a'), () => createGzip(), '', 'gzip'],
  'gzip of links': [repeated(ONCE), () => createGzip(), '', 'gzip'],
  'br of text': [
    repeated('a'),
    () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
    '',
    'br',
  ],
};

/** The device, in a thread of its own. */
async function device({ kind, size }) {
  const [part, coding, head = ''] = KINDS[kind];
  const body = function* () {
    yield Buffer.from(head);
    for (let left = size; left > 0; left -= part.length) yield part;
  };
  const sent = [];
  if (coding)
    await pipeline(
      Readable.from(body()),
      coding(),
      new Writable({ write: (chunk, _encoding, done) => (sent.push(chunk), done()) }),
    );
  const coded = Buffer.concat(sent);
  const server = createServer((_request, response) => {
    response.on('error', () => undefined);
    response.setHeader('Content-Type', 'text/html');
    if (!coding) return void pipeline(Readable.from(body()), response).catch(() => undefined);
    response.setHeader('Content-Encoding', KINDS[kind][3]);
    response.end(coded);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { parentPort } = await import('node:worker_threads');
  parentPort.postMessage({ port: server.address().port, bytes: coding ? coded.length : size });
}

async function measure(kind, passResponse) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { kind, size: SIZE } });
  const [{ port, bytes }] = await once(worker, 'message');
  const server = createServer((asked, response) => {
    const sent = request({ port, agent: false, path: '/' });
    sent.once('error', () => response.destroy());
    const session = {};
    const origins = { device: 'http://192.168.1.20', session: 'http://s-1.localhost' };
    sent.once('response', (answer) => passResponse(answer, response, { origins, frameAncestors: '', session }, sent));
    sent.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const delay = monitorEventLoopDelay({ resolution: 1 });
  const started = performance.now();
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  let most = 0;
  const memory = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
  delay.enable();
  const asked = request({ port: server.address().port, agent: false });
  asked.end();
  const [answer] = await once(asked, 'response');
  let received = 0;
  answer.on('data', (chunk) => (received += chunk.length));
  answer.on('error', () => undefined);
  await new Promise((done) => answer.once('close', done));
  delay.disable();
  clearInterval(memory);
  const used = process.cpuUsage(cpu);
  console.log(
    [
      kind.padEnd(24),
      `${(bytes / MB).toFixed(1)} MB`.padStart(9),
      `${answer.statusCode} ${answer.complete ? 'whole' : 'cut'}`.padStart(10),
      `${((performance.now() - started) / 1000).toFixed(1)} s`.padStart(8),
      `${((used.user + used.system) / 1e6).toFixed(1)} s`.padStart(8),
      `${Math.round(performance.eventLoopUtilization(loop).utilization * 100)} %`.padStart(6),
      `${(delay.percentile(99) / 1e6).toFixed(1)} ms`.padStart(10),
      `${(delay.max / 1e6).toFixed(1)} ms`.padStart(10),
      `${Math.round(most / MB)} MB`.padStart(8),
    ].join(''),
  );
  server.closeAllConnections();
  server.close();
  await worker.terminate();
}

if (!isMainThread) await device(workerData);
else {
  const require = createRequire(import.meta.url);
  const { passResponse } = require(resolve(options.dist, 'src/server/browser-sessions/relaying/relayed-response.js'));
  console.log(`pages of ${SIZE / MB} MB`);
  console.log('kind                         sent    answer    time     CPU  loop  delay p99       max     RSS');
  for (const kind of Object.keys(KINDS)) await measure(kind, passResponse);
}
