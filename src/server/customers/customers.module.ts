import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module';
import { CustomerEvents } from './customer-events';
import { AssignmentEntity, CustomerEntity, SiteEntity } from './customer.entity';
import { CustomersController } from './customers.controller';
import { CustomersRepository } from './customers.repository';
import { CustomersService } from './customers.service';

/** Customers and their sites, and who sees them. The global devices module provides its SiteOccupants. */
@Module({
  imports: [AuthModule, TypeOrmModule.forFeature([CustomerEntity, SiteEntity, AssignmentEntity])],
  controllers: [CustomersController],
  providers: [CustomersRepository, CustomersService, CustomerEvents],
  exports: [CustomersService, CustomerEvents],
})
export class CustomersModule {}
