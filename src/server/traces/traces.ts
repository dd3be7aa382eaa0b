import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Journal } from '../../journal/journal';
import { productVersion } from '../../journal/product-version';
import { CONFIG, type Config } from '../config/config';
import { DeploymentEntity } from '../deployment/deployment.entity';
import { DeploymentEvents } from '../deployment/deployment-events';
import { JobEvents } from '../maintenance/job.lifecycle';
import { SessionEvents } from '../sessions/session-events';
import { DeviceTransport } from '../xmpp/device-transport';
import { LifeCycleSpans } from './life-cycle-spans';
import { traceChannel } from './request-spans';
import type { Span } from './span';
import { SpanExporter } from './span-exporter';
import { deploymentSubject, jobSubject, sessionSubject } from './subjects';

/** Traces for a collector of OpenTelemetry. Only there if one is configured. */
@Injectable()
export class Traces implements OnApplicationShutdown {
  private readonly exporter: SpanExporter;
  readonly add = (span: Span): void => this.exporter.add(span);

  constructor(
    @Inject(CONFIG) { traces }: Config,
    journal: Journal,
    transport: DeviceTransport,
    sessions: SessionEvents,
    jobs: JobEvents,
    deployments: DeploymentEvents,
    dataSource: DataSource,
  ) {
    const attributes = { ...traces!.attributes, 'service.version': productVersion() };
    this.exporter = new SpanExporter({ ...traces!, attributes }, journal);
    const spans = new LifeCycleSpans(this.add);
    sessions.on('changed', (session) => spans.changed(sessionSubject(session)));
    jobs.on('changed', (job) => spans.changed(jobSubject(job)));
    deployments.on('changed', async (id) => {
      const deployment = await dataSource.getRepository(DeploymentEntity).findOneBy({ id });
      if (deployment) spans.changed(deploymentSubject(deployment));
    });
    traceChannel(transport, this.add); // before features register their handlers
  }

  /** After the modules, which end sessions. */
  onApplicationShutdown(): Promise<void> {
    return this.exporter.stop();
  }
}
