import { readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/**
 * The modules of noVNC (MPL-2.0) as its package carries them: address below PATHS.noVnc -> file. Browsers load them as
 * they are, so nothing has to be bundled.
 */
export function noVncFiles(): Map<string, string> {
  const root = dirname(dirname(require.resolve('@novnc/novnc'))); // core/rfb.js is what the package exports
  const files = ['core', 'vendor'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(root, folder, file)),
  );
  const modules = files.filter((file) => file.endsWith('.js'));
  return new Map(modules.map((file) => [relative(root, file).split(sep).join('/'), file]));
}
