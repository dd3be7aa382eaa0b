'use strict';

/**
 * node-xmpp-core 5 wraps every socket with reconnect-core from a git branch that no registry carries; the published
 * 1.3.0 installs in its place but never reports the connection. The server only ever ACCEPTS sockets, so this
 * stand-in follows one given connection (connect, disconnect, end) and neither dials nor retries.
 */
module.exports = function reconnect(createConnection) {
  return function inject({ emitter, immediate }) {
    let unfollow = () => {};
    emitter.connected = false;
    emitter.reconnect = true;

    function follow(connection) {
      const onConnect = () => {
        emitter.connected = true;
        emitter.emit('connect', connection);
      };
      const onGone = (error) => {
        emitter.connected = false;
        unfollow();
        emitter.emit('disconnect', error);
      };
      const gone = ['error', 'close', 'end'];
      unfollow = () => {
        unfollow = () => {};
        connection.off('connect', onConnect);
        for (const event of gone) connection.off(event, onGone);
      };
      for (const event of gone) connection.on(event, onGone);
      if (immediate) onConnect();
      else connection.on('connect', onConnect);
    }

    emitter.connect = emitter.listen = (argument) => {
      unfollow();
      emitter.emit('reconnect', 0, 0);
      const connection = createConnection(argument);
      if (connection !== emitter._connection) emitter.emit('connection', connection);
      emitter._connection = connection;
      follow(connection);
      return emitter;
    };
    emitter.end = emitter.disconnect = () => {
      emitter.reconnect = false;
      emitter._connection?.end();
      emitter.emit('disconnect');
      return emitter;
    };
    return emitter;
  };
};
