/** JSON-RPC error codes of a relay, in the range reserved for implementations (5.1). */

/** To the control plane: why a link is refused. */
export const DRAINING = -32050;
export const CANDIDATE = -32051;
export const FULL = -32052;
export const NO_PAIR = -32053;
/** To both: the relay's disk is full. */
export const NOT_STORED = -32055;
/** To a pair. */
export const CONTROL_PLANE_UNAVAILABLE = -32054;
