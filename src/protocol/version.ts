/** Version of every protocol in this folder. A change that older peers cannot read increases it. */
export const PROTOCOL_VERSION = 1;

/** WebSocket subprotocol (RFC 6455, 1.9) of the relay; a peer that offers another one is refused by name. */
export const RELAY_SUBPROTOCOL = 'platen.relay.v1';

/** WebSocket subprotocol of the link between a relay and the control plane (JSON-RPC 2.0 in text frames). */
export const RELAY_RPC_SUBPROTOCOL = 'platen.relay-rpc.v1';

/** WebSocket subprotocol between the control plane and the keeper of a relay (JSON-RPC 2.0 in text frames). */
export const KEEPER_SUBPROTOCOL = 'platen.keeper.v1';
