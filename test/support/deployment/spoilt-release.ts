/** What is wrong with a release, on purpose. */
export type Flaw = keyof typeof SPOILT;

const say = `process.stderr.write('broken on purpose\\n');`;
const asMaster = (code: string) => (script: string) => `if (process.argv[2] === 'master') { ${code} }\n${script}`;

const SPOILT = {
  'does-not-start': () => `${say} process.exit(3);\n`,
  hangs: () => `setInterval(() => undefined, 1_000);\n`,
  'exits-while-proving': asMaster(
    `process.on('message', ({ type }) => type === 'recover' && setTimeout(() => { ${say} process.exit(7); }, 500));`,
  ),
  'loses-bytes': (script: string) => replaced(script, '.sent += end - start;', '.sent += end - start; end -= 1;'),
} satisfies Record<string, (script: string) => string>;

export const spoil = (script: string, flaw: Flaw): string => SPOILT[flaw](script);

function replaced(script: string, what: string, by: string): string {
  if (!script.includes(what)) throw new Error(`the release's script does not hold: ${what}`);
  return script.replace(what, by);
}
