import { mayDialAgain, RelayNotEncrypted, RelayRefused, RelayUnreachable } from './relay-connection.errors';

const failed = (code: string) => new RelayUnreachable(code, { cause: Object.assign(new Error(code), { code }) });

describe('whether to dial a relay again', () => {
  it.each([
    [failed('ECONNREFUSED'), true],
    [new RelayUnreachable('no answer in time'), true],
    [new RelayRefused('draining', ''), true],
    [new RelayRefused('token-refused', ''), false],
    [new RelayNotEncrypted(), false],
    // a certificate that another authority signed, or of another name
    [failed('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), false],
    [failed('ERR_TLS_CERT_ALTNAME_INVALID'), false],
    // this computer may have no time of day yet
    [failed('CERT_NOT_YET_VALID'), true],
  ])('%s: %s', (error, again) => {
    expect(mayDialAgain(error)).toBe(again);
  });
});
