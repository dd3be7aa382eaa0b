import { Injectable } from '@nestjs/common';
import { TypedEvents } from '../events/typed-events';
import type { SessionEntity } from './session.entity';

/** `changed`: after every saved change of a remote session. */
@Injectable()
export class SessionEvents extends TypedEvents<{ changed: SessionEntity }> {}
