import { Injectable } from '@nestjs/common';
import { TypedEvents } from '../events/typed-events';

/** `changed`: an alert was raised, acknowledged or resolved, or its facts have changed; the payload is its ID. */
@Injectable()
export class AlertEvents extends TypedEvents<{ changed: string }> {}
