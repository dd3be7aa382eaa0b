import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPrinter } from '../../src/demo/ippeveprinter';
import { freePorts } from '../../src/demo/free-ports';
import { isRunning } from '../support/is-running';
import { plainHttp } from '../support/plain-http';

async function start(name: string) {
  const folder = await mkdtemp(join(tmpdir(), 'platen-printer-'));
  const [port] = await freePorts(1);
  const { programs } = await startPrinter({ port: port!, name, folder });
  const stop = async () => {
    for (const program of [...programs].reverse()) await program.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${port}/`, pids: programs.map(({ child }) => child.pid!), stop };
}

describe('a real IPP Everywhere printer for the scenarios', () => {
  it('serves its pages, and leaves no process when it is stopped', async () => {
    const printer = await start('Real Printer');
    try {
      const page = await plainHttp(printer.url);
      expect([page.status, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
      expect(page.text).toContain('Real Printer');
      // Its rule for Host headers is why a relay has to think about them.
      const foreign = await plainHttp(printer.url, { headers: { Host: 'elsewhere.example' } });
      expect(foreign.status).toBe(400);
      for (const pid of printer.pids) expect(await isRunning(pid)).toBe(true);
    } finally {
      await printer.stop();
    }
    for (const pid of printer.pids) expect(await isRunning(pid)).toBe(false);
    await expect(plainHttp(printer.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('runs beside another one', async () => {
    const printers = await Promise.all(['One', 'Two'].map((name) => start(name)));
    const pages = await Promise.all(printers.map(({ url }) => plainHttp(url)));
    expect(pages.map(({ text }) => ['One', 'Two'].find((name) => text.includes(name)))).toEqual(['One', 'Two']);
    await Promise.all(printers.map((printer) => printer.stop()));
  });
});
