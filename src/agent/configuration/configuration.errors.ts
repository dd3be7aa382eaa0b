export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** @param problems one line each: `devices.0.kind: what is wrong` */
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}
