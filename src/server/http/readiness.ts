import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorFunction } from '@nestjs/terminus';

const TIMEOUT_MS = 2_000;

/** What has to work before this server takes work; each feature adds its own check. */
@Injectable()
export class Readiness {
  private readonly named = new Map<string, HealthIndicatorFunction>();

  constructor(private readonly indicators: HealthIndicatorService) {}

  /**
   * @param name as `/readyz` shows it
   * @param check throws when it is not ready; what it returns is shown to everybody. Takes at most 2 s
   */
  add(name: string, check: () => Promise<Record<string, unknown> | void>): void {
    this.named.set(name, async () => await this.indicators.check(name).attempt(check).withTimeout(TIMEOUT_MS));
  }

  checks(): HealthIndicatorFunction[] {
    return [...this.named.values()];
  }
}
