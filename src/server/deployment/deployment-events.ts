import { Injectable } from '@nestjs/common';
import { TypedEvents } from '../events/typed-events';

/** `changed`: after every saved change of a deployment or its list of devices; the payload is the deployment's ID. */
@Injectable()
export class DeploymentEvents extends TypedEvents<{ changed: string }> {}
