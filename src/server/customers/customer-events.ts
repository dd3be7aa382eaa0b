import { Injectable } from '@nestjs/common';
import { TypedEvents } from '../events/typed-events';

/** `reassigned`: a user was assigned to a customer, or is no longer; the payload is the user's ID. */
@Injectable()
export class CustomerEvents extends TypedEvents<{ reassigned: string }> {}
