import { redacted, redactedLine } from './redaction';

const SECRET = 'mei.tanaka';
const LONG = 'QyZ0aHJlZSBibGluZCBtaWNlIHNlZSBob3c';

describe('text of a log', () => {
  it.each([
    ['an e-mail address', `mail to ${SECRET}@example.com failed`],
    ['a password', `password=${SECRET}`],
    ['a password in quotes', `{"adminPassword": "${SECRET}"}`],
    ['a password after blanks', `pwd :   ${SECRET} x`],
    ['a community', `community: ${SECRET}`],
    ['a token', `refused token ${LONG}`],
    ['a header', `Authorization: Basic ${SECRET}`],
    ['a header alone', `Bearer ${SECRET}`],
    ['a cookie', `set-cookie: id=${SECRET}; Path=/`],
    ['a URL with credentials', `GET https://${SECRET}:x@printer/?a=${SECRET} failed`],
    ['a user name', `user "${SECRET}" printed`],
    ['the user of a job', `job-originating-user-name=${SECRET}`],
    ['the title of a job', `job-name: Offer for ${SECRET}`],
    ['a title in quotes', `printing “Offer for ${SECRET}”`],
    ['a title in Japanese quotes', `「${SECRET}様 見積書」を印刷中`],
    ['a title whose quote does not end', `printing "Offer for ${SECRET}`],
    ['the name of a document', `printing ${SECRET}.pdf`],
    ['a path', `cannot read \\\\server\\home\\${SECRET}`],
    ['a name of a folder', `cannot read /home/${SECRET}/x`],
    ['a title hidden by a character of no width', `pass\u200bword=${SECRET}`],
    ['a title hidden by a change of direction', `pass\u202eword=${SECRET}`],
    ['a word cut by the limit', `${'a '.repeat(245)}${SECRET}@${'x'.repeat(50)}.example`],
  ])('leaves without %s', (_, text) => {
    const left = redacted(text);
    expect(left).not.toContain('tanaka');
    expect(left).not.toContain(LONG);
  });

  it.each([
    ['the device does not answer', 'the device does not answer'],
    ["the device's tray is empty", "the device's tray is empty"],
    ['job 5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c3d ended', 'job 5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c3d ended'],
    ['connect ECONNREFUSED 192.168.1.20:631', 'connect ECONNREFUSED [removed]'],
    ['one\r\n{"level":"error","msg":"forged"}', /^one /],
    ['\u001b[31mred\u0000\u202e', '[31mred'],
  ])('%j keeps what is harmless', (text, expected) => {
    if (typeof expected === 'string') expect(redacted(text)).toBe(expected);
    else expect(redacted(text)).toMatch(expected);
    // eslint-disable-next-line no-control-regex -- what must not be left
    expect(redacted(text)).not.toMatch(/[\u0000-\u001f\u202a-\u202e]/);
  });
});

describe('a line of the log', () => {
  const line = (fields: object) =>
    JSON.stringify({
      level: 'warn',
      time: '2030-01-07T09:00:00.123456Z',
      program: 'agent',
      pid: 1,
      msg: 'held',
      ...fields,
    });

  it('has time, level, text and fields from lists, and none of people', () =>
    expect(
      redactedLine(line({ deviceId: 'a', state: 'stopped', asker: { name: SECRET }, approver: SECRET, url: SECRET })),
    ).toEqual({
      level: 'warn',
      time: '2030-01-07T09:00:00Z',
      text: 'held state=stopped',
      deviceId: 'a',
    }));
  it('with several devices does not leave', () => expect(redactedLine(line({ deviceIds: ['b'] }))).toBeUndefined());
  it('whose device is none does not leave', () => expect(redactedLine(line({ deviceId: ['b'] }))).toBeUndefined());
  it.each(['', 'text', 'null', '[]', '{}', '{"level":"shout","msg":"x"}', '{"level":"info","msg":1}'])(
    '%j is none',
    (text) => expect(redactedLine(text)).toBeUndefined(),
  );
});
