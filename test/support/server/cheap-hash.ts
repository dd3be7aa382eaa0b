import { hashPassword, PASSWORD_COST } from '../../../src/server/auth/users/passwords';

const CHEAP = { N: 2, r: 1, p: 1 };

/** A login checks a password at the cost that its hash names: with this one it takes no time. */
export const cheapHash = (password: string): Promise<string> => hashPassword(password, CHEAP);

/** From now on, a server in this process hashes new passwords at that cost, too. */
export const hashCheaply = (): void => void Object.assign(PASSWORD_COST, CHEAP);
