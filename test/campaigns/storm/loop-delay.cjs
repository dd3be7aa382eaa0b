// Loaded into the server: measures its event loop, and answers the campaign over the IPC channel.
const { readFileSync } = require('node:fs');
const { setInterval } = require('node:timers');
const { createHistogram, monitorEventLoopDelay, performance } = require('node:perf_hooks');

const INTERVAL_MS = 5;
const delay = monitorEventLoopDelay({ resolution: INTERVAL_MS });
delay.enable();
/** The same without the time in which the thread could have run and had no CPU, because the machine was busy. */
const own = createHistogram();
const milliseconds = (nanoseconds) => nanoseconds / 1e6;
/** Nanoseconds for which the main thread has waited for a CPU (schedstat of proc(5)). */
const waited = () => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]);

let last = { at: performance.now(), waited: waited() };
setInterval(() => {
  const now = { at: performance.now(), waited: waited() };
  const withoutWait = (now.at - last.at) * 1e6 - (now.waited - last.waited);
  own.record(Math.max(1, Math.round(withoutWait)));
  last = now;
}, INTERVAL_MS).unref();

process.on('message', (message) => {
  if (message === 'reset') {
    delay.reset();
    own.reset();
  }
  if (message !== 'read') return;
  const { user, system } = process.cpuUsage();
  process.send({
    p50: milliseconds(delay.percentile(50)),
    p99: milliseconds(delay.percentile(99)),
    longest: milliseconds(delay.max),
    ownP99: milliseconds(own.percentile(99)),
    ownLongest: milliseconds(own.max),
    cpuSeconds: (user + system) / 1e6,
    memoryMb: process.memoryUsage().rss / 1e6,
  });
});
process.channel?.unref();
