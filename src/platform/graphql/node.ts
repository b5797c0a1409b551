import { Injectable } from '@nestjs/common';
import { Args, Field, ID, InterfaceType, Query, Resolver } from '@nestjs/graphql';
import { notFound } from '../errors.js';
import { parseGlobalId } from './global-id.js';
import { RequiresScope, type Principal } from '../principal.js';
import { Caller } from '../request-context.js';

@InterfaceType({ description: 'Whatever has a global id.', resolveType: (value: object) => value.constructor.name })
export abstract class Node {
  @Field(() => ID, { name: 'id', description: 'Opaque; unique in this service.' })
  nodeId: string;
}

type LoadNode = (caller: Principal, id: string) => Promise<Node>;

/** The types that `node(id)` can find; each module tells its own at start. */
@Injectable()
export class NodeTypes {
  private readonly loads = new Map<string, LoadNode>();

  /** `load` answers NOT_FOUND for what the caller may not see, as for what is not there. */
  declare(type: string, load: LoadNode): void {
    if (this.loads.has(type)) throw new Error(`the node type ${type} is declared twice`);
    this.loads.set(type, load);
  }

  async find(caller: Principal, id: string): Promise<Node> {
    const load = this.loads.get(parseGlobalId(id)?.type ?? '');
    if (!load) throw notFound('node', id);
    return load(caller, id);
  }
}

@Resolver()
export class NodeResolver {
  constructor(private readonly types: NodeTypes) {}

  @Query(() => Node, { description: 'Anything by its global id.' })
  @RequiresScope('results:read')
  node(@Caller() caller: Principal, @Args('id', { type: () => ID }) id: string): Promise<Node> {
    return this.types.find(caller, id);
  }
}
