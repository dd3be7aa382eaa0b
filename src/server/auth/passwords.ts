import { Injectable } from '@nestjs/common';
import { PasswordsBusy } from './auth.errors';
import { hashPassword, nobodysPassword, verifyPassword } from './password';

/** Each takes a thread of Node's pool for a while, and the database needs some of those four too. */
const AT_ONCE = 2;
const WAITING = 30;

/** Hashes and checks passwords, a few at a time. */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly nobodys = nobodysPassword();

  /** @throws PasswordsBusy */
  hash(password: string): Promise<string> {
    return this.inTurn(() => hashPassword(password));
  }

  /**
   * @param stored undefined where there is no such user: then a hash of nobody's is checked, which takes as long
   * @throws PasswordsBusy
   */
  async verify(password: string, stored: string | undefined): Promise<boolean> {
    const right = await this.inTurn(() => verifyPassword(password, stored ?? this.nobodys));
    return right && stored !== undefined;
  }

  private async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running >= AT_ONCE) {
      if (this.waiting.length >= WAITING) throw new PasswordsBusy();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
