// Preloaded with `node --require`: this program has the limits of TEST_LIMITS (JSON) instead of its own.
const { LIMITS } = require('../../../dist/src/protocol/limits');

Object.assign(LIMITS, JSON.parse(process.env.TEST_LIMITS));
