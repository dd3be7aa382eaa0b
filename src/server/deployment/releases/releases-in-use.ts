/** Which releases are needed; implemented by the deployment module. */
export abstract class ReleasesInUse {
  /** Names of the releases that relays run now. */
  abstract servingNames(): Promise<string[]>;

  /** Names of those that must not be removed: in service, or needed by an open deployment. */
  abstract namesInUse(): Promise<string[]>;
}
