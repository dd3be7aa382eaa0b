// Loaded into the server: writes each turn of its event loop that was longer than 50 ms to PLATEN_CAMPAIGN_TURNS, one JSON
// line each, without the time in which the thread could have run and had no CPU (schedstat of proc(5)).
const { appendFileSync, readFileSync } = require('node:fs');
const { performance } = require('node:perf_hooks');
const { setInterval } = require('node:timers');

const file = process.env.PLATEN_CAMPAIGN_TURNS;
const INTERVAL_MS = 5;
const LONG_MS = 50;
const waitedMs = () => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6;

if (file && process.argv.at(-1) === 'server') {
  let last = { at: performance.now(), waited: waitedMs() };
  setInterval(() => {
    const now = { at: performance.now(), waited: waitedMs() };
    const ms = now.at - last.at - (now.waited - last.waited) - INTERVAL_MS;
    if (ms > LONG_MS) appendFileSync(file, `${JSON.stringify({ at: Date.now(), ms })}\n`);
    last = now;
  }, INTERVAL_MS).unref();
}
