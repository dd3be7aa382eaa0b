// Starts a real relay and measures its processes through /proc.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// Collects garbage on SIGUSR2, so that it does not count as memory of a session. The relay itself is unchanged.
const COLLECT = `process.on("SIGUSR2", () => {
  gc();
  process.stderr.write("heap " + process.memoryUsage().heapUsed + "\\n");
});`;

/**
 * Starts `platen relay` in a folder in `parent`; resolves when it has connected to its control plane.
 * @param settings further variables of its environment
 */
export async function startRelay(cli, parent, plane, pairs, settings = {}) {
  const folder = mkdtempSync(join(parent, 'relay-'));
  writeFileSync(join(folder, 'secret'), 'a-secret-for-the-benchmark');
  writeFileSync(join(folder, 'collect.mjs'), COLLECT);
  const data = join(folder, 'data');
  const relay = spawn(process.execPath, [cli, 'relay'], {
    env: {
      ...process.env,
      NODE_OPTIONS: `--expose-gc --import ${join(folder, 'collect.mjs')}`,
      PLATEN_RELAY_SECRET_FILE: join(folder, 'secret'),
      PLATEN_RELAY_DATA: data,
      PLATEN_RELAY_PORT: '0',
      PLATEN_RELAY_PAIRS: String(pairs),
      PLATEN_SERVER_URL: plane.url,
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log = createInterface(relay.stderr);
  relay.once('exit', (code) => code && (console.error(`the relay exited with ${code}`), process.exit(1)));
  await plane.serving();
  const own = processesOf(data);
  return {
    all: own.map(({ pid }) => pid),
    pairs: own.filter(({ words }) => words.includes('pair')).map(({ pid }) => pid),
    /** Bytes of heap in use after a garbage collection. */
    async heapOf(pid) {
      const heap = new Promise((resolve) => {
        log.on('line', function read(line) {
          if (!line.startsWith('heap ')) return;
          log.off('line', read);
          resolve(Number(line.slice(5)));
        });
      });
      process.kill(pid, 'SIGUSR2');
      return heap;
    },
    async stop() {
      relay.kill('SIGTERM');
      await once(relay, 'exit');
    },
  };
}

function processesOf(data) {
  const read = (pid, name) => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0');
    } catch {
      return [];
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && read(pid, 'environ').includes(`PLATEN_RELAY_DATA=${data}`))
    .map((pid) => ({ pid: Number(pid), words: read(pid, 'cmdline') }));
}

/** CPU seconds of all threads of a process, to the nanosecond. */
function cpuSeconds(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const times = tasks.map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  return times.reduce((sum, nanoseconds) => sum + Number(nanoseconds), 0) / 1e9;
}

export const cpuOf = (pids) => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);

export const residentBytes = (pid) =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
