import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { NodeTypes } from '../platform/graphql/node.js';
import { Item } from './item.entity.js';
import { ItemsResolver } from './items.resolver.js';
import { ItemsService } from './items.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Item])],
  providers: [ItemsService, ItemsResolver],
  exports: [ItemsService],
})
export class ItemsModule {
  constructor(nodes: NodeTypes, items: ItemsService) {
    nodes.declare('Item', (caller, id) => items.find(caller, id));
  }
}
