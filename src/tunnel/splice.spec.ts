import { Duplex } from 'node:stream';
import { splice } from './splice';

it('writes together what arrives in one turn', async () => {
  const [from, to] = [new Duplex({ read: () => undefined }), new Duplex({ read: () => undefined })];
  from._write = (_chunk, _encoding, done) => done();
  const written: string[][] = [];
  to._write = (chunk: Buffer, _encoding, done) => {
    written.push([chunk.toString()]);
    done();
  };
  to._writev = (chunks, done) => {
    written.push(chunks.map(({ chunk }) => (chunk as Buffer).toString()));
    done();
  };
  const ended = splice(from, to);
  from.once('resume', () => {
    for (const text of ['a', 'b', 'c']) from.push(text);
    from.push(null);
    to.push(null);
  });
  await ended;
  expect(written).toEqual([['a', 'b', 'c']]);
});
