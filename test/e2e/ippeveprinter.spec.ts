import { isRunning, startIppEvePrinter } from '../support/ippeveprinter';
import { plainHttp } from '../support/plain-http';

describe('a real IPP Everywhere printer for the scenarios', () => {
  it('serves its pages, and leaves no process when it is stopped', async () => {
    const printer = await startIppEvePrinter({ name: 'Real Printer' });
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
    const printers = await Promise.all(['One', 'Two'].map((name) => startIppEvePrinter({ name })));
    const pages = await Promise.all(printers.map(({ url }) => plainHttp(url)));
    expect(pages.map(({ text }) => ['One', 'Two'].find((name) => text.includes(name)))).toEqual(['One', 'Two']);
    await Promise.all(printers.map((printer) => printer.stop()));
  });
});
