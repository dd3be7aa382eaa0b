// Runs TypeORM's command line with the settings of the server (.env, PLATEN_*), on the database in ormconfig.ts.
//   npm run migration:show | migration:run | migration:revert | migration:generate -- Name
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [command, name, ...more] = process.argv.slice(2);
const fail = (line) => {
  console.error(`platen: ${line}`);
  process.exit(1);
};

if (!['show', 'run', 'revert', 'generate'].includes(command) || more.length > 0 || !!name !== (command === 'generate'))
  fail('usage: npm run migration:show | migration:run | migration:revert | migration:generate -- Name');
if (name && !/^[A-Z][A-Za-z0-9]*$/.test(name))
  fail(`${name} is not a valid name of a migration; use a name such as AddSites`);

// reads the settings from the current folder, as the server does
const folder = process.env.INIT_CWD ?? process.cwd();
process.chdir(folder);
const require = createRequire(import.meta.url);
const built = (file) => require(join(root, 'dist/src/server', file));

let release;
try {
  const config = built('config/settings-file.js').loadConfig();
  built('config/data-folder.js').prepareDataFolder(config.data);
  // a running server must not use tables that change
  if (command === 'run' || command === 'revert')
    release = await built('config/data-folder-lock.js').lockDataFolder(config.data);
  if (config.database.type === 'sqlite') built('database/open-database.js').createPrivately(config.database.path);
} catch (error) {
  fail(built('commands/failure-line.js').failureLine(error));
}

const target = name ? [relative(folder, resolve(root, 'src/server/database/migrations', name))] : [];
const { status } = spawnSync(
  process.execPath,
  [require.resolve('typeorm/cli.js'), `migration:${command}`, ...target, '-d', join(root, 'dist/ormconfig.js')],
  { stdio: 'inherit', cwd: folder },
);
await release?.();
process.exitCode = status ?? 1;
