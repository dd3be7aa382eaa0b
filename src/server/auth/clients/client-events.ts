import { Injectable } from '@nestjs/common';
import { TypedEvents } from '../../events/typed-events';

/**
 * `ended`: an external client was revoked or has expired; the payload is its ID. Published again after a restart, so what
 * listens must bear repetition.
 */
@Injectable()
export class ClientEvents extends TypedEvents<{ ended: string }> {}
