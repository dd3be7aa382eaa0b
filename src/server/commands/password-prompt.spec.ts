import { PassThrough, Readable } from 'node:stream';
import { passwordFrom } from './password-prompt';

describe('a password from standard input', () => {
  it.each([
    ['a line', ['correct horse\n'], 'correct horse'],
    ['a line of Windows', ['correct horse\r\n'], 'correct horse'],
    ['text without an end of line', ['correct horse'], 'correct horse'],
    ['pieces', ['corr', 'ect ho', 'rse\nmore\n'], 'correct horse'],
    ['letters cut in two', [Buffer.from([0xc3]), Buffer.from([0xbc, 0x0a])], 'ü'],
    ['spaces, which belong to it', [' a b \n'], ' a b '],
  ])('may come as %s', async (_what, pieces, password) => {
    expect(await passwordFrom(Readable.from(pieces, { objectMode: false }))).toBe(password);
  });

  it.each([[[]], [['\n']], [['\r\nsecond line']]])('must be there: %j', async (pieces) => {
    await expect(passwordFrom(Readable.from(pieces, { objectMode: false }))).rejects.toThrow('no password');
  });

  it('does not wait for the end of a stream that stays open, nor read one without end', async () => {
    const open = new PassThrough();
    open.write('correct horse\n');
    expect(await passwordFrom(open)).toBe('correct horse');
    const endless = new Readable({ read: () => endless.push('x'.repeat(1000)) });
    expect((await passwordFrom(endless)).length).toBeLessThan(20_000);
  });
});
