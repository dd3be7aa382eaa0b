import { runMaster } from './master/master-process';
import { runPair } from './pair/pair-process';

/**
 * The script of a relay, as a keeper starts it (argument `master`) and the Master its pairs (`pair`). Compiled, it is
 * the built-in relay; bundled into one file by tools/build-release.mjs, a release.
 */
const roles: Record<string, (env: NodeJS.ProcessEnv) => Promise<void>> = { master: runMaster, pair: runPair };

const role = roles[process.argv[2] ?? ''];
if (role) void role(process.env);
else {
  process.stderr.write('platen: a release is started by the keeper of a relay (`platen relay`)\n');
  process.exitCode = 2;
}
