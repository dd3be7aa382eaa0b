import type { ControlPlaneMethods, Params, Result } from '../protocol/relay-rpc';

/**
 * What a pair and the log reporter need of the control plane. A small port, so that pairs can become processes of
 * their own: they would get one that speaks to the Master instead of to the server.
 */
export interface ControlPlane {
  /** The control plane has accepted this relay and can be asked. */
  readonly connected: boolean;
  /** @throws RpcUnavailable, RpcTimeout, RpcRefused, RpcMalformedResult */
  call<K extends keyof ControlPlaneMethods>(
    method: K,
    params: Params<ControlPlaneMethods, K>,
  ): Promise<Result<ControlPlaneMethods, K>>;
  /** Resolves at the next (or present) moment it is connected, or when the relay stops. */
  whenConnected(): Promise<void>;
  /** Resolves at the next (or present) moment it is not connected. */
  whenDisconnected(): Promise<void>;
}
