import { createInterface } from 'node:readline/promises';
import { Writable, type Readable } from 'node:stream';
import { LIMITS } from '../../protocol/limits';

export class PasswordNotGiven extends Error {
  override readonly name = 'PasswordNotGiven';
}

/** The first line of a stream, without its end. @throws PasswordNotGiven */
export async function passwordFrom(input: Readable): Promise<string> {
  let text = '';
  // a character has at most four bytes in UTF-8
  const limit = LIMITS.PASSWORD_CHARACTERS_MAX * 4;
  input.setEncoding('utf8');
  for await (const chunk of input) {
    text += chunk as string;
    if (text.includes('\n') || text.length > limit) break;
  }
  const [password = ''] = text.split(/\r?\n/);
  if (password === '') throw new PasswordNotGiven('standard input contains no password');
  return password;
}

/** Asks for a new password twice, without showing it. @throws PasswordNotGiven */
export async function askNewPassword(): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  const cancelled = new Promise<never>((_, reject) =>
    terminal.once('SIGINT', () => reject(new PasswordNotGiven('cancelled'))),
  );
  const readPassword = async (label: string): Promise<string> => {
    process.stderr.write(label);
    const answer = await Promise.race([terminal.question(''), cancelled]);
    process.stderr.write('\n');
    return answer;
  };
  try {
    const password = await readPassword('New password: ');
    if ((await readPassword('Repeat the password: ')) !== password)
      throw new PasswordNotGiven('the two passwords differ');
    return password;
  } finally {
    terminal.close();
  }
}
