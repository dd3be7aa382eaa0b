import { PassThrough } from 'node:stream';
import { presentedCode } from './enrol-command';

describe('the enrolment code on standard input', () => {
  const terminal = (isTTY: boolean) => ({
    input: Object.assign(new PassThrough(), { isTTY }),
    prompts: new PassThrough(),
  });

  it('is prompted for on a terminal, and ends with Enter', async () => {
    const { input, prompts } = terminal(true);
    input.write('the code\n');
    expect(await presentedCode(input, prompts)).toBe('the code');
    expect(String(prompts.read())).toBe('Enrolment code: ');
  });

  it('is all of a pipe, without a prompt', async () => {
    const { input, prompts } = terminal(false);
    input.end('the code\n');
    expect(await presentedCode(input, prompts)).toBe('the code\n');
    expect(prompts.read()).toBeNull();
  });

  it('is empty when the terminal is closed', async () => {
    const { input, prompts } = terminal(true);
    input.end();
    expect(await presentedCode(input, prompts)).toBe('');
  });
});
