/** Which releases are needed; the deployment module, whose matter that is, provides it. */
export abstract class ReleasesInUse {
  /** Names of the releases that relays run at this moment. */
  abstract servingNames(): Promise<string[]>;

  /** Names of those that must not be removed: what serves, what shall serve, and what an open deployment needs. */
  abstract namesInUse(): Promise<string[]>;
}
