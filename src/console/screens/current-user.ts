import { createContext, useContext } from 'react';
import type { User } from '../../protocol/api';

/** The user who is logged in, and whether live events arrive. */
export const Current = createContext<{ me: User; connected: boolean } | undefined>(undefined);

export function useCurrent(): { me: User; connected: boolean; isAdmin: boolean } {
  const current = useContext(Current);
  if (!current) throw new Error('outside LoggedIn');
  return { ...current, isAdmin: current.me.role === 'admin' };
}
