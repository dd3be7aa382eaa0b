import { Body, Controller, Delete, Get, Param, Patch, Post, Put } from '@nestjs/common';
import { z } from 'zod';
import {
  assignedCustomers,
  assignedUsers,
  customer,
  customerSite,
  named,
  newRelayPreference,
  type Customer,
  type CustomerSite,
} from '../../protocol/api';
import { Permit } from '../auth/access/access.guard';
import { CurrentActor } from '../auth/access/identity';
import type { Actor } from '../auth/actor';
import { Answers, AnswersNothing } from '../http/answers';
import { CustomersService } from './customers.service';

const Id = (): ParameterDecorator => Param('id', { schema: z.uuid() });

@Controller('api')
@Permit('admin')
export class CustomersController {
  constructor(private readonly customers: CustomersService) {}

  @Get('customers')
  @Permit('technician')
  @Answers(z.array(customer))
  list(@CurrentActor() actor: Actor): Promise<Customer[]> {
    return this.customers.list(actor);
  }

  @Post('customers')
  @Answers(customer, 201)
  add(@CurrentActor() actor: Actor, @Body({ schema: named }) { name }: z.infer<typeof named>): Promise<Customer> {
    return this.customers.add(actor, name);
  }

  @Patch('customers/:id')
  @AnswersNothing()
  rename(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Body({ schema: named }) { name }: z.infer<typeof named>,
  ): Promise<void> {
    return this.customers.rename(actor, id, name);
  }

  @Delete('customers/:id')
  @AnswersNothing()
  remove(@CurrentActor() actor: Actor, @Id() id: string): Promise<void> {
    return this.customers.remove(actor, id);
  }

  @Put('customers/:id/users')
  @AnswersNothing()
  assignUsers(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Body({ schema: assignedUsers }) { userIds }: z.infer<typeof assignedUsers>,
  ): Promise<void> {
    return this.customers.assignUsers(actor, id, userIds);
  }

  @Put('users/:id/customers')
  @AnswersNothing()
  assign(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Body({ schema: assignedCustomers }) { customerIds }: z.infer<typeof assignedCustomers>,
  ): Promise<void> {
    return this.customers.assign(actor, id, customerIds);
  }

  @Post('customers/:id/sites')
  @Answers(customerSite, 201)
  addSite(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Body({ schema: named }) { name }: z.infer<typeof named>,
  ): Promise<CustomerSite> {
    return this.customers.addSite(actor, id, name);
  }

  @Patch('sites/:id')
  @AnswersNothing()
  renameSite(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Body({ schema: named }) { name }: z.infer<typeof named>,
  ): Promise<void> {
    return this.customers.renameSite(actor, id, name);
  }

  @Delete('sites/:id')
  @AnswersNothing()
  removeSite(@CurrentActor() actor: Actor, @Id() id: string): Promise<void> {
    return this.customers.removeSite(actor, id);
  }

  @Put('customers/:id/relay-preference')
  @AnswersNothing()
  preferRelays(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Body({ schema: newRelayPreference }) { preference }: z.infer<typeof newRelayPreference>,
  ): Promise<void> {
    return this.customers.preferRelays(actor, id, preference);
  }

  @Put('sites/:id/relay-preference')
  @AnswersNothing()
  preferRelaysAt(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Body({ schema: newRelayPreference }) { preference }: z.infer<typeof newRelayPreference>,
  ): Promise<void> {
    return this.customers.preferRelaysAt(actor, id, preference);
  }
}
