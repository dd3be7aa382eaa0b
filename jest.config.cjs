const { availableParallelism } = require('node:os');
const keepTemporaryFilesInMemory = require('./test/support/memory-folder.cjs');

keepTemporaryFilesInMemory();

// Nest 12, xmpp.js, what otplib consists of, openid-client and the validator of OpenAPI documents are ESM only; Jest on Node 20 cannot
// require() them, so they are compiled to CommonJS (cached).
const compiled = [
  '@nestjs/',
  '@noble/',
  '@otplib/',
  '@scure/',
  '@seriousme/',
  '@xmpp/',
  'jose/',
  'oauth4webapi/',
  'openid-client/',
];

const common = {
  testEnvironment: 'node',
  moduleFileExtensions: ['ts', 'js', 'json'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transformIgnorePatterns: [`/node_modules/(?!(${compiled.join('|')}))`],
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  transform: {
    '^.+\\.[jt]s$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
};

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/*.spec.ts', '<rootDir>/test/vectors/*.spec.ts'],
    },
    { ...common, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'] },
    // Crashes, replacements and expiries: not part of `npm test`, see package.json.
    { ...common, displayName: 'endurance', testMatch: ['<rootDir>/test/endurance/**/*.spec.ts'] },
  ],
  testTimeout: 180_000,
  globalSetup: '<rootDir>/test/support/run/set-up.ts',
  globalTeardown: '<rootDir>/test/support/run/tear-down.ts',
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  // a worker waits for its programs for half of the time
  maxWorkers: availableParallelism() + 1,
  // a worker keeps something of each spec; beyond this, collecting it takes most of the time
  workerIdleMemoryLimit: '500MB',
};
