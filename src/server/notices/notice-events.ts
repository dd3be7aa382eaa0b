import { Injectable } from '@nestjs/common';
import { TypedEvents } from '../events/typed-events';
import type { NoticeEntity } from './notice.entity';

/** `changed`: after every saved change of a notice; its `recipientId` is the only user who may see it. */
@Injectable()
export class NoticeEvents extends TypedEvents<{ changed: NoticeEntity }> {}
