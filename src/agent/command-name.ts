import { isBundled } from '../journal/product-version';

/** How this installation starts the commands of the agent, for messages. */
export const COMMAND = isBundled ? 'platen-agent' : 'platen agent';
