import {
  Authentication,
  SecurityLevel,
  Session,
  Version3,
  type Message,
  type Request,
  type SessionOptions,
  type User,
} from 'net-snmp';
import { LIMITS } from '../../protocol/limits';

/** net-snmp with what it does not check. Emits `error` for an answer that cannot be read. */
export class GuardedSession extends Session {
  constructor(
    private readonly address: string,
    authenticator: string | User,
    private readonly settings: SessionOptions,
  ) {
    super(address, authenticator, settings);
    this.level = typeof authenticator === 'string' ? undefined : authenticator.level;
    // the library calls it as a method of its request
    this.onSimpleGetResponse = this.onSimpleGetResponse.bind(this);
    // devices choose the engine IDs
    if (Object.keys(Authentication.authToKeyCache).length > LIMITS.SNMP_KEYS) Authentication.authToKeyCache = {};
  }
  private readonly level: number | undefined;

  /** Only the device answers, and no answer throws outside a request. */
  protected override onMsg(bytes: Buffer, from: { address: string; port: number }): void {
    const isDevice = withoutZone(from.address) === withoutZone(this.address) && from.port === this.settings.port;
    if (!isDevice) return;
    try {
      super.onMsg(bytes, from);
    } catch (error) {
      this.emit('error', error);
    }
  }

  /** An answer has the security of its request (RFC 3414 3.2): one without is not from the device. */
  protected override onSimpleGetResponse(request: Request, message: Message): void {
    const isSecured =
      this.settings.version !== Version3 ||
      (message.hasAuthentication() && (this.level !== SecurityLevel.authPriv || message.hasPrivacy()));
    if (isSecured) return super.onSimpleGetResponse(request, message);
    request.responseCb(new UnsecuredAnswer('the answer is not authenticated and encrypted as the request is'));
  }
}

export class UnsecuredAnswer extends Error {
  override readonly name = 'UnsecuredAnswer';
}

const withoutZone = (address: string): string => address.replace(/%.*$/, '').replace(/^::ffff:/, '');
