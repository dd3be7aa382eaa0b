// A real agent as a process of its own, in front of one device that is spoken to by plain HTTP: POST of an operation's
// name to PLATEN_TEST_DEVICE, answered when the device is done; `information` is answered with what the device says.
const { Agent } = require('../../../dist/src/agent/agent');
const { readConfiguration } = require('../../../dist/src/agent/configuration/configuration');
const { readCredentials } = require('../../../dist/src/agent/enrolment/credentials');
const { createJournal } = require('../../../dist/src/journal/journal');

const tell = async (what, signal) => {
  const answer = await globalThis.fetch(`${process.env.PLATEN_TEST_DEVICE}/${what}`, { method: 'POST', signal });
  return answer.json();
};
const device = {
  operations: ['information', 'identify', 'test-page'],
  information: (signal) => tell('information', signal),
  identify: (signal) => tell('identify', signal),
  printTestPage: (title, signal) => tell('test-page', signal),
};

async function main([config, credentials]) {
  const account = await readCredentials(credentials);
  const options = { accesses: new Map([['mfp-1', device]]), firstRetryMs: 20, maxRetryMs: 50 };
  await new Agent(await readConfiguration(config), account, createJournal('agent', 'info'), options).start();
}
void main(process.argv.slice(2));
