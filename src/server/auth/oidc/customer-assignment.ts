import { Injectable } from '@nestjs/common';
import type { Actor } from '../actor';

type Assign = (actor: Actor, userId: string, names: readonly string[]) => Promise<void>;

/** Assigns users to customers by name. The customers module, which knows customers, registers how. */
@Injectable()
export class CustomerAssignment {
  private assign: Assign = () => Promise.resolve();

  register(assign: Assign): void {
    this.assign = assign;
  }

  /** Replaces the customers of a user; names that no customer has are ignored. */
  replace(actor: Actor, userId: string, names: readonly string[]): Promise<void> {
    return this.assign(actor, userId, names);
  }
}
