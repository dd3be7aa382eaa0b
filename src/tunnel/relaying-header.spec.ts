import { connected, connectRequest, destinationIn, refusalIn } from './relaying-header';

const SESSION = '7d3c6c0e-8a40-4b6e-9d58-1f1a3a0a6a11';

it.each([
  {},
  { origin: 'https://192.168.1.20' },
  { origin: 'https://192.168.1.20', clientTls: true },
  { propose: true },
])('the destination of a stream arrives, and its answer is accepted: %j', (destination) => {
  const request = connectRequest('web', SESSION, destination);
  const arrived = destinationIn(request as never);
  expect(arrived).toEqual({ clientTls: false, propose: false, origin: undefined, ...destination });
  expect(refusalIn(connected('web', SESSION, {}, arrived) as never, request)).toBeUndefined();
});

it('an agent that would speak TLS for the client is refused', () => {
  const request = connectRequest('web', SESSION, { clientTls: true });
  const ofOlderAgent = connected('web', SESSION, { own: 'https://192.168.1.20' });
  expect(refusalIn(ofOlderAgent as never, request)).toMatchObject({ status: 502, message: /update it/ });
});
