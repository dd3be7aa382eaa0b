import { connect } from 'node:net';
import { once } from 'node:events';
import { QueryFailedError } from 'typeorm';
import { ProblemError } from '../protocol/problems';
import { createJournal } from './journal';

describe('the journal', () => {
  const lines: string[] = [];
  const journal = createJournal('test', 'info', { write: (line) => void lines.push(line) });
  const logged = (): Record<string, unknown> => JSON.parse(lines.at(-1)!) as Record<string, unknown>;
  const SECRET = 'a9'.repeat(21);

  it('removes secrets, at any depth that is logged', () => {
    const fields = { token: SECRET, code: SECRET, asker: { code: SECRET, more: { secret: SECRET } } };
    // @ts-expect-error neither the token nor the code is a field
    journal.info('x', fields);
    expect(lines.at(-1)).not.toContain(SECRET);
    expect(logged()).toMatchObject({ code: '[secret]', asker: { code: '[secret]' } });
  });

  it('removes a code that looks like a secret from an error, too', () => {
    journal.unexpected(Object.assign(new Error('x'), { code: SECRET }), 'testing');
    expect(lines.at(-1)).not.toContain(SECRET);
  });

  it('shows the code of an error, and of its cause', async () => {
    const refused = connect(1, '127.0.0.1');
    const [error] = (await once(refused, 'error').catch((each: Error) => [each])) as [Error];
    journal.unexpected(error, 'connecting');
    expect(logged()).toMatchObject({ err: { errorCode: 'ECONNREFUSED' } });
    expect(lines.at(-1)).not.toContain('[secret]');
    const driverError = Object.assign(new Error('the database system is shutting down'), { code: '57P03' });
    journal.unexpected(new QueryFailedError('SELECT $1', [SECRET], driverError), 'reading');
    expect(logged()).toMatchObject({ err: { errorCode: '57P03' } });
    expect(lines.at(-1)).not.toContain(SECRET);
    expect(logged().err).not.toHaveProperty('code');
  });

  it('has the names of levels, and instants with microseconds', () => {
    const before = Date.now() - 4;
    journal.warn('closed', { closeCode: 1006 });
    expect(logged()).toMatchObject({
      level: 'warn',
      program: 'test',
      pid: process.pid,
      msg: 'closed',
      closeCode: 1006,
    });
    const time = String(logged().time);
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(Date.parse(time)).toBeGreaterThan(before);
    expect(Date.parse(time)).toBeLessThan(Date.now() + 4);
  });

  it('writes each field once', () => {
    journal.step('S121', 'session', { jobId: 'job', childPid: 7 });
    const names = [...lines.at(-1)!.matchAll(/"(\w+)":/g)].map(([, name]) => name);
    expect(names).toEqual(['level', 'time', 'program', 'pid', 'step', 'remoteSessionId', 'jobId', 'childPid', 'msg']);
  });

  it('takes the fields that are documented, and no other', () => {
    const about = { deviceId: 'mfp', whatever: 1 };
    // @ts-expect-error nor in an object that is spread
    journal.debug('x', { ...about });
    const fields: Record<string, unknown> = {};
    // @ts-expect-error an object of any fields could have undocumented ones
    journal.debug('x', fields);
    journal.debug('x', { deviceId: 'mfp' });
  });

  it('logs an error that has a name in one line, without a stack', () => {
    const incident = journal.unexpected(new ProblemError('wrong-state', 'It has ended.'), 'storing');
    expect(logged()).toMatchObject({ problem: 'wrong-state', incident, msg: 'failed while storing' });
    expect(lines.at(-1)).not.toContain('stack');
  });

  it.each(['database-unavailable', 'storage-full'] as const)('does not repeat for each attempt: %s', (code) => {
    const before = lines.length;
    journal.unexpected(new ProblemError(code, 'Again.'), 'looking');
    expect(lines).toHaveLength(before);
  });
});
