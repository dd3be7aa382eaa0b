'use strict';

/**
 * node-xmpp-core 5 requires reconnect-core from a git branch that no registry carries. The server only accepts connections, and
 * its streams replace the one function that would call this (`GuardedConnection`).
 */
module.exports = function reconnect() {
  throw new Error('reconnect-core is not installed: this server only accepts XMPP connections');
};
