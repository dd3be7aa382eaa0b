// Loaded into the server: measures its event loop, and answers the campaign over the IPC channel.
const { monitorEventLoopDelay } = require('node:perf_hooks');

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const milliseconds = (nanoseconds) => nanoseconds / 1e6;

process.on('message', (message) => {
  if (message === 'reset') delay.reset();
  if (message !== 'read') return;
  const { user, system } = process.cpuUsage();
  process.send({
    p50: milliseconds(delay.percentile(50)),
    p99: milliseconds(delay.percentile(99)),
    max: milliseconds(delay.max),
    cpuSeconds: (user + system) / 1e6,
    memoryMb: process.memoryUsage().rss / 1e6,
  });
});
process.channel?.unref();
