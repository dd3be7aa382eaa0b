import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePorts } from '../../src/demo/free-ports';
import { Program } from '../../src/demo/programs';
import { STAGE_PORTS } from '../../src/demo/stage';
import { CLI } from '../support/stage/test-stage';

it('platen demo --once plays the whole scenario, with its steps if it is verbose', async () => {
  const demo = Program.start('demo', [process.execPath, CLI, 'demo', '--once', '--verbose']);
  expect({ exit: await demo.exited, printed: demo.printed.join('\n') }).toMatchObject({ exit: 0 });
  const steps = demo.printed.map((line) => /^ {2}(S\d{3}) /.exec(line)?.[1]).filter((step) => step);
  const expected = [
    'S101',
    'S141',
    'S144',
    'S147',
    'S149',
    'S180',
    'S214',
    'S232',
    'S267',
    'S295',
    'S272',
    'S299',
    'S332',
  ];
  expect(expected.filter((step) => !steps.includes(step))).toEqual([]);
  expect(demo.printed.filter((line) => !line.startsWith('  S'))).toEqual(
    expect.arrayContaining(['Tina Technician logs in.', 'Tina Technician requests access to demo-mfp.']),
  );
}, 120_000);

it('platen demo names the port that is in use', async () => {
  const [port] = await freePorts(STAGE_PORTS);
  const busy = createServer().listen(port, '127.0.0.1');
  await once(busy, 'listening');
  try {
    const demo = Program.start('demo', [process.execPath, CLI, 'demo', '--first-port', String(port)]);
    expect(await demo.exited).toBe(1);
    expect(demo.printed).toEqual([expect.stringMatching(new RegExp(`^platen demo: port ${port}.* is in use`))]);
  } finally {
    busy.close();
  }
});
