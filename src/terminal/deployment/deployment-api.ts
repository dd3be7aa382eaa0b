import { z } from 'zod';
import { page } from '../../protocol/api';
import {
  deployment,
  release,
  type Deployment,
  type Release,
  type deploymentExecution,
  type newDeployment,
} from '../../protocol/deployment';
import { LIMITS } from '../../protocol/limits';
import { RELEASE_MEDIA_TYPE } from '../../protocol/release';
import type { ApiClient } from '../api-client';

/** The API of releases and deployments, for administrators. Throws as ApiClient does. */
export class DeploymentApi {
  constructor(private readonly client: ApiClient) {}

  releases(): Promise<Release[]> {
    return this.client.call('GET', '/api/releases', z.array(release));
  }

  /** @param onProgress receives the number of bytes sent */
  uploadRelease(content: Buffer, onProgress: (sent: number) => void): Promise<Release> {
    const file = { content, mediaType: RELEASE_MEDIA_TYPE, timeoutMs: LIMITS.RELEASE_UPLOAD_MS, onProgress };
    return this.client.upload('/api/releases', release, file);
  }

  removeRelease(version: string): Promise<void> {
    return this.client.send('DELETE', `/api/releases/${encodeURIComponent(version)}`);
  }

  /** One page, newest first. */
  async deployments(): Promise<Deployment[]> {
    return (await this.client.call('GET', '/api/deployments?limit=50', page(deployment))).rows;
  }

  deployment(id: string): Promise<Deployment> {
    return this.client.call('GET', pathOf(id), deployment);
  }

  /** S311 */
  instruct(body: z.input<typeof newDeployment>): Promise<Deployment> {
    return this.client.call('POST', '/api/deployments', deployment, body);
  }

  execute(id: string, body: z.input<typeof deploymentExecution>): Promise<Deployment> {
    return this.client.call('POST', `${pathOf(id)}/execution`, deployment, body);
  }

  abort(id: string): Promise<Deployment> {
    return this.client.call('POST', `${pathOf(id)}/abortion`, deployment);
  }

  /** @returns the deployment that rolls back */
  rollBack(id: string): Promise<Deployment> {
    return this.client.call('POST', `${pathOf(id)}/roll-back`, deployment);
  }
}

const pathOf = (id: string): string => `/api/deployments/${encodeURIComponent(id)}`;
