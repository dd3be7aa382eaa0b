import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { fleetViewQuery, type FleetView, type NewFleetView } from '../../../protocol/fleet';
import { LIMITS } from '../../../protocol/limits';
import type { Actor } from '../../auth/actor';
import { TooManyViews, UnknownView, ViewNameTaken } from '../devices.errors';
import { FleetViewEntity } from './fleet-view.entity';

/** All SQL for the views of the device list that users have saved. */
@Injectable()
export class FleetViewsRepository {
  constructor(@InjectRepository(FleetViewEntity) private readonly views: Repository<FleetViewEntity>) {}

  /** By name. */
  of(userId: string): Promise<FleetViewEntity[]> {
    return this.views.find({ where: { userId }, order: { name: 'ASC' } });
  }
  /** @returns false if the user has one of this name */
  async add(view: FleetViewEntity): Promise<boolean> {
    try {
      await this.views.insert(view);
      return true;
    } catch (error) {
      if (await this.views.existsBy({ userId: view.userId, name: view.name })) return false;
      throw error;
    }
  }
  /** @returns false if the user has no such view */
  async remove(userId: string, id: string): Promise<boolean> {
    return (await this.views.delete({ userId, id })).affected === 1;
  }
}

/** Each user saves filters for themselves. */
@Injectable()
export class FleetViews {
  constructor(private readonly repository: FleetViewsRepository) {}

  /** Without those of another version whose filter this one does not know. */
  async of({ userId }: Actor): Promise<FleetView[]> {
    const views = await this.repository.of(userId);
    return views.flatMap(({ id, name, query }) => {
      const { data } = fleetViewQuery.safeParse(query);
      return data ? [{ id, name, query: data }] : [];
    });
  }

  /** @throws TooManyViews, ViewNameTaken */
  async add({ userId }: Actor, { name, query }: NewFleetView): Promise<FleetView> {
    if ((await this.repository.of(userId)).length >= LIMITS.FLEET_VIEWS_PER_USER) throw new TooManyViews();
    const id = randomUUID();
    if (!(await this.repository.add({ id, userId, name, query, createdAt: new Date() }))) throw new ViewNameTaken(name);
    return { id, name, query };
  }

  /** @throws UnknownView */
  async remove({ userId }: Actor, id: string): Promise<void> {
    if (!(await this.repository.remove(userId, id))) throw new UnknownView();
  }
}
