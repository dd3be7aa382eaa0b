// Preloaded with `node --require`: this program ends itself with SIGKILL at step PLATEN_TEST_KILL_STEP, counted from 1,
// of what it writes to files that match PLATEN_TEST_KILL_FILES: before each call, and with half of a text written.
const fs = require('node:fs');
const { promises } = fs;

const files = new RegExp(process.env.PLATEN_TEST_KILL_FILES);
let left = Number(process.env.PLATEN_TEST_KILL_STEP);
const matches = (path) => files.test(String(path));

function step(first = () => undefined) {
  left -= 1;
  if (left !== 0) return;
  first();
  process.kill(process.pid, 'SIGKILL');
}
const halfOf = (text) => text.slice(0, text.length / 2);

const { open, rename } = promises;
promises.open = async (path, ...rest) => {
  if (!matches(path)) return open(path, ...rest);
  step();
  const handle = await open(path, ...rest);
  const { writeFile, sync } = handle;
  handle.writeFile = (text, ...options) => {
    step();
    step(() => fs.writeSync(handle.fd, halfOf(text)));
    return writeFile.call(handle, text, ...options);
  };
  handle.sync = () => {
    step();
    return sync.call(handle);
  };
  return handle;
};
promises.rename = (from, to) => {
  if (matches(from)) step();
  return rename(from, to);
};

const { openSync, renameSync, writeFileSync } = fs;
fs.openSync = (path, ...rest) => {
  if (matches(path)) step();
  return openSync(path, ...rest);
};
fs.renameSync = (from, to) => {
  if (matches(from)) step();
  return renameSync(from, to);
};
fs.writeFileSync = (path, text, options) => {
  if (matches(path)) {
    step();
    step(() => writeFileSync(path, halfOf(text), options));
  }
  return writeFileSync(path, text, options);
};
