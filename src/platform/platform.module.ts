import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from './config.js';
import { dataSourceOptions } from './database/database.js';
import { HealthController } from './http/health.controller.js';
import { Idempotency } from './database/idempotency.js';
import { Callers } from './lanes/callers.js';
import { WorkLanes } from './lanes/work-lanes.js';
import { MetricsController } from './metrics.js';
import { Outages } from './database/outages.js';
import { NodeResolver, NodeTypes } from './graphql/node.js';
import { Prepared } from './database/prepared.js';
import { OpenApiController } from './reference/openapi.controller.js';
import { Transactions } from './database/transaction.js';

/** What every module stands on: settings, the database, and the doors that tell how the process does. */
@Global()
@Module({})
export class PlatformModule {
  static with(config: Config): DynamicModule {
    const { DATABASE_URL, EXECUTION_TIMEOUT_MS } = config.settings;
    if (!DATABASE_URL) throw new Error('DATABASE_URL must be known by now: the embedded database starts before the modules');
    return {
      module: PlatformModule,
      imports: [
        DiscoveryModule,
        TypeOrmModule.forRoot({ ...dataSourceOptions(DATABASE_URL, config.connections.lanes, EXECUTION_TIMEOUT_MS), autoLoadEntities: true, retryAttempts: 0 }),
      ],
      controllers: [HealthController, MetricsController, OpenApiController],
      providers: [{ provide: Config, useValue: config }, Outages, Transactions, Prepared, Idempotency, Callers, WorkLanes, NodeTypes, NodeResolver],
      exports: [Config, Outages, Transactions, Prepared, Idempotency, Callers, WorkLanes, NodeTypes],
    };
  }
}
