// A server in a customer's LAN with one file of 24 MB, of which it logs the hash.
'use strict';

const { Buffer } = require('node:buffer');
const { createCipheriv, createHash } = require('node:crypto');
const { createServer } = require('node:http');

const zeros = (bytes) => Buffer.alloc(bytes);
/** Not compressible, and the same in every run. */
const file = createCipheriv('aes-128-ctr', zeros(16), zeros(16)).update(zeros(24 * 1024 * 1024));
const sha256 = createHash('sha256').update(file).digest('hex');

createServer((_request, response) => response.end(file)).listen(8000, () =>
  console.error(JSON.stringify({ program: 'file-server', level: 30, msg: 'serving', sha256 })),
);
