import { PassThrough, Readable } from 'node:stream';
import { passwordFrom } from './password-prompt';

describe('a password from standard input', () => {
  it.each([
    ['a line', ['correct horse\n'], 'correct horse'],
    ['a line that ends with CR LF', ['correct horse\r\n'], 'correct horse'],
    ['text without an end of line', ['correct horse'], 'correct horse'],
    ['chunks', ['corr', 'ect ho', 'rse\nmore\n'], 'correct horse'],
    ['a letter split between chunks', [Buffer.from([0xc3]), Buffer.from([0xbc, 0x0a])], 'ü'],
    ['spaces, which are significant', [' a b \n'], ' a b '],
  ])('may come as %s', async (_what, pieces, password) => {
    expect(await passwordFrom(Readable.from(pieces, { objectMode: false }))).toBe(password);
  });

  it.each([[[]], [['\n']], [['\r\nsecond line']]])('must not be empty: %j', async (pieces) => {
    await expect(passwordFrom(Readable.from(pieces, { objectMode: false }))).rejects.toThrow('no password');
  });

  it('is read up to the first line or the limit, without waiting for the end of the stream', async () => {
    const open = new PassThrough();
    open.write('correct horse\n');
    expect(await passwordFrom(open)).toBe('correct horse');
    const endless = new Readable({ read: () => endless.push('x'.repeat(1000)) });
    expect((await passwordFrom(endless)).length).toBeLessThan(20_000);
  });
});
