import { runMaster } from './master/master-process';
import { runPair } from './pair/pair-process';

/**
 * The script of a relay. The keeper starts it with the argument `master`, the Master starts its pairs with `pair`.
 * Compiled, it is the built-in relay; bundled into one file by tools/build-release.mjs, it is a release.
 */
const roles: Record<string, (env: NodeJS.ProcessEnv) => Promise<void>> = { master: runMaster, pair: runPair };

const role = roles[process.argv[2] ?? ''];
if (role) void role(process.env);
else {
  process.stderr.write('platen: do not start a release directly; `platen relay` starts it\n');
  process.exitCode = 2;
}
