import { randomBytes } from 'node:crypto';
import { LIMITS } from '../../protocol/limits';
import type { EndToEndMessage } from '../../protocol/relay-messages';
import { HalfResumption, type ResumeRequest } from './half-resumption';

const other = () => randomBytes(32).toString('base64url');
const { RESUME_ACKNOWLEDGE_BYTES: DUE, WEBSOCKET_PINGS_PER_MINUTE: EARLY } = LIMITS;

describe('HalfResumption', () => {
  const request = (secret: string, attempt: number): ResumeRequest => ({
    type: 'resume',
    sessionId: other(),
    secret,
    attempt,
  });

  it('accepts its secret with a higher attempt than before, and nothing else', () => {
    const resumption = new HalfResumption();
    expect(resumption.accepts(request(other(), 1))).toBe(false);
    const secret = resumption.issueSecret();
    const tries: [string, number, boolean][] = [
      [other(), 1, false],
      [secret, 2, true],
      [secret, 1, false],
      [secret, 2, false],
      [other(), 9, false],
      [secret, 3, true],
    ];
    for (const [presented, attempt, accepted] of tries)
      expect([presented, attempt, resumption.accepts(request(presented, attempt))]).toEqual([
        presented,
        attempt,
        accepted,
      ]);
  });

  it.each<[string, EndToEndMessage[], string[]]>([
    ['an acknowledgement', [{ type: 'acknowledge', received: 10 }], ['forwarded']],
    ['one of more than was sent', [{ type: 'acknowledge', received: 101 }], ['refused']],
    [
      'one of less than before',
      [
        { type: 'acknowledge', received: 10 },
        { type: 'acknowledge', received: 9 },
      ],
      ['forwarded', 'refused'],
    ],
    ['a `continue`', [{ type: 'continue', renewal: 2, received: 100 }], ['forwarded']],
    ['one of more than was sent', [{ type: 'continue', renewal: 2, received: 101 }], ['refused']],
    ['one after an earlier renewal', [{ type: 'continue', renewal: 1, received: 10 }], ['overtaken']],
    ['one after a renewal that is still to come', [{ type: 'continue', renewal: 3, received: 10 }], ['overtaken']],
    [
      'the same one twice',
      [
        { type: 'continue', renewal: 2, received: 10 },
        { type: 'continue', renewal: 2, received: 10 },
      ],
      ['forwarded', 'overtaken'],
    ],
  ])('decides about %s', (_what, messages, decisions) => {
    const resumption = new HalfResumption();
    const now = { renewal: 2, sent: 100 };
    expect(messages.map((message) => resumption.forwarding(message, now))).toEqual(decisions);
  });

  it('forwards acknowledgements that are due, however many, and few that are not', () => {
    const resumption = new HalfResumption();
    const sent = 4 * EARLY * DUE;
    const acknowledge = (received: number) =>
      resumption.forwarding({ type: 'acknowledge', received }, { renewal: 0, sent });
    for (let count = 1; count <= 3 * EARLY; count++) expect(acknowledge(count * DUE)).toBe('forwarded');
    let early = 0;
    while (early < 3 * EARLY && acknowledge(3 * EARLY * DUE + early) === 'forwarded') early++;
    expect(early).toBeGreaterThanOrEqual(EARLY);
    expect(early).toBeLessThan(3 * EARLY);
  });
});
