import { KEEPER_REFUSALS, type KeeperMethods } from '../../protocol/keeper-rpc';
import type { RpcHandlers } from '../../tunnel/json-rpc';
import { RpcRefused } from '../../tunnel/json-rpc.errors';
import type { Keeper } from './keeper';
import { NotStored, PortUnavailable } from './keeper.errors';

/** The keeper's side of protocol/keeper-rpc.ts. */
export const keeperMethods = (keeper: Keeper): RpcHandlers<KeeperMethods> => ({
  status: () => Promise.resolve(keeper.status()),
  try: (run) => {
    try {
      return Promise.resolve({ outcome: 'started', instance: keeper.try(run) });
    } catch (error) {
      if (!(error instanceof PortUnavailable)) throw error;
      return Promise.resolve({ outcome: 'port-in-use', detail: error.message });
    }
  },
  discard: () => {
    keeper.discard();
    return Promise.resolve({});
  },
  'take-over': ({ instance }) => {
    try {
      return Promise.resolve({ known: keeper.takeOver(instance) });
    } catch (error) {
      if (!(error instanceof NotStored)) throw error;
      throw new RpcRefused(KEEPER_REFUSALS['not-stored'], error.message);
    }
  },
});
