import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildah } from './images';

const run = promisify(execFile);

/** Copies PostgreSQL of this computer, with the libraries that it needs, and without its compiler. */
const COPY_POSTGRESQL = `
cd / && for at in usr/lib/postgresql/*; do home=$at; done && version=\${home##*/}
{
  find $home/bin $home/lib usr/share/postgresql/$version -name bitcode -prune -o -name 'llvmjit*' -prune -o ! -type d -print
  ldd $home/bin/postgres $home/bin/psql | grep -o '/[^ :]*' | sort -u | while read -r library; do
    echo "$(realpath "$(dirname "$library")")/$(basename "$library")"
  done
} | sed 's,^/,,' | tar -c --dereference -T - | tar -x --keep-directory-symlink -C "$0"
ln -s /$home/bin/* "$0/usr/local/bin/"
chroot "$0" useradd --system --home-dir /var/lib/postgresql --create-home postgres`;

/**
 * Adds images named `postgres:15` and `caddy:2` to a storage that has `localhost/debian`, in place of the official ones: tests reach no
 * registry. They have the programs of Debian, installed here, with the variables, volumes and users that the documentation of the
 * official images names. What only the official ones have is not seen by the tests.
 */
export async function buildReplacements(folder: string): Promise<void> {
  const image = async (name: string, fill: (root: string) => Promise<unknown>, ...config: string[]) => {
    const made = await buildah(folder, 'from', '--pull-never', 'localhost/debian');
    await fill(await buildah(folder, 'mount', made));
    await buildah(folder, 'config', ...config, made);
    await buildah(folder, 'commit', '--rm', made, `docker.io/library/${name}`);
  };
  await image(
    'postgres:15',
    async (root) => {
      await run('sh', ['-ec', COPY_POSTGRESQL, root]);
      await copyFile(join(__dirname, 'postgres-entrypoint.sh'), join(root, 'usr/local/bin/entrypoint.sh'));
    },
    ...['--env', 'PGDATA=/var/lib/postgresql/data', '--volume', '/var/lib/postgresql/data'],
    ...['--entrypoint', '["sh", "/usr/local/bin/entrypoint.sh"]', '--cmd', 'postgres'],
  );
  await image(
    'caddy:2',
    (root) =>
      copyFile('/usr/bin/caddy', join(root, 'usr/bin/caddy')).then(() =>
        run('chmod', ['755', join(root, 'usr/bin/caddy')]),
      ),
    ...['--env', 'XDG_CONFIG_HOME=/config', '--env', 'XDG_DATA_HOME=/data'],
    ...['--cmd', 'caddy run --config /etc/caddy/Caddyfile --adapter caddyfile'],
  );
}
