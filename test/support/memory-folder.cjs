const { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statfsSync } = require('node:fs');
const { freemem } = require('node:os');
const { join } = require('node:path');

const SHARED_MEMORY = '/dev/shm';
const PREFIX = 'platen-test-';
/** All specs together need a fraction of it. */
const FREE_BYTES = 2 * 1024 ** 3;

/**
 * Makes the temporary folder of all tests one in memory, where this machine has room for it: half of the time of a spec
 * with a database is otherwise spent waiting for a disk. Programs that tests start inherit it. It is removed at the end.
 */
module.exports = function keepTemporaryFilesInMemory() {
  if (process.env.TMPDIR || !isUsable()) return;
  for (const name of readdirSync(SHARED_MEMORY).filter(isOrphaned)) remove(name);
  const name = `${PREFIX}${process.pid}`;
  mkdirSync(join(SHARED_MEMORY, name), { mode: 0o711 }); // PostgreSQL runs as another user and has a folder in it
  process.env.TMPDIR = join(SHARED_MEMORY, name);
  process.on('exit', () => remove(name));
};

const remove = (name) => rmSync(join(SHARED_MEMORY, name), { recursive: true, force: true });

/** A run that was killed could not remove its folder. */
function isOrphaned(name) {
  return name.startsWith(PREFIX) && !existsSync(`/proc/${name.slice(PREFIX.length)}`);
}

function isUsable() {
  try {
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find((line) => line.split(' ')[1] === SHARED_MEMORY);
    if (!mount || /\b(ro|noexec)\b/.test(mount.split(' ')[3])) return false;
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    return Math.min(bavail * bsize, freemem()) >= FREE_BYTES;
  } catch {
    return false;
  }
}
