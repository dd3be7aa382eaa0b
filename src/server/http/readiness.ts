import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorFunction } from '@nestjs/terminus';

const TIMEOUT_MS = 2_000;

/** The checks that must pass before this server accepts requests; each feature adds its own. */
@Injectable()
export class Readiness {
  private readonly named = new Map<string, HealthIndicatorFunction>();

  constructor(private readonly indicators: HealthIndicatorService) {}

  /**
   * @param name its name in `/readyz`
   * @param check throws if the feature is not ready; its result is public. Takes at most 2 s
   */
  add(name: string, check: () => Promise<Record<string, unknown> | void>): void {
    this.named.set(name, async () => await this.indicators.check(name).attempt(check).withTimeout(TIMEOUT_MS));
  }

  checks(): HealthIndicatorFunction[] {
    return [...this.named.values()];
  }
}
