import {
  getDirectiveValues, getNamedType, getNullableType, GraphQLIncludeDirective, GraphQLSkipDirective, isCompositeType, isInputObjectType, isInterfaceType, isIntrospectionType, isListType, isObjectType, isUnionType, Kind,
  SchemaMetaFieldDef, TypeMetaFieldDef,
  type DocumentNode, type FieldNode, type FragmentDefinitionNode, type GraphQLCompositeType, type GraphQLField, type GraphQLInputType, type GraphQLSchema, type OperationDefinitionNode,
  type SelectionNode, type SelectionSetNode, type ValueNode,
} from 'graphql';
import { declaredCost } from './cost.js';

/** The size of a page whose query names none. */
const DEFAULT_PAGE = 100;
/** Costs its bytes alone. Clients ask for it in every object. */
const TYPENAME = 0.1;
/** Whole numbers in arguments that tell how long the lists of an answer may be. */
export const SIZES: ReadonlySet<string> = new Set(['first', 'last', 'count']);
/** What lists of introspection hold, about: types have these numbers of fields, arguments, values. */
const INTROSPECTED: Readonly<Record<string, number>> = { args: 2, interfaces: 1, possibleTypes: 2, locations: 3 };
const INTROSPECTED_ELSE = 8;

export interface OperationCost {
  /** Fields the answer may have, and what they read. Of lists that data alone bound, as many as they declare. */
  cost: number;
  /** The same of what is asked of the schema itself. */
  introspection: number;
}

/**
 * Estimates what an operation may cost before it runs: pages, lists and connections are known by the schema's types, through
 * fragments of any kind. The document is valid by now, so that fragments are known and form no circle. Variables are looked at, not
 * coerced: the usual library coerces all of them once more, 15 ms for a call of 10,000 votes.
 */
export function estimateCost(schema: GraphQLSchema, document: DocumentNode, operationName: string | null | undefined, variables: Record<string, unknown>): OperationCost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  let operation: OperationDefinitionNode | undefined;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION && (operationName == null || definition.name?.value === operationName)) operation = definition;
  }
  const root = operation && schema.getRootType(operation.operation);
  if (!operation || !root) return { cost: 0, introspection: 0 };
  const values = new Values(operation, variables);
  // Each fragment once for each length of the lists around it, however often it is spread.
  const known = new Map<string, number>();
  let introspection = 0;

  const costOfSet = (set: SelectionSetNode, type: GraphQLCompositeType, size: number): number => {
    let cost = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) cost += values.includes(selection) ? costOfFragment(selection.name.value, size) : 0;
      else if (!values.includes(selection)) continue;
      else if (selection.kind === Kind.FIELD) cost += costOfField(selection, type, size);
      else cost += costOfSet(selection.selectionSet, selection.typeCondition ? composite(selection.typeCondition.name.value) : type, size);
    }
    return cost;
  };
  const costOfFragment = (name: string, size: number): number => {
    const key = `${size} ${name}`;
    let cost = known.get(key);
    if (cost == null) {
      const { selectionSet, typeCondition } = fragments.get(name)!;
      known.set(key, cost = costOfSet(selectionSet, composite(typeCondition.name.value), size));
    }
    return cost;
  };
  const costOfField = (node: FieldNode, type: GraphQLCompositeType, size: number): number => {
    const field = fieldOf(type, node.name.value);
    if (!field) return TYPENAME;
    const { reads = 0, list } = declaredCost(field);
    const own = 1 + reads;
    if (!node.selectionSet) return own;
    const returned = getNamedType(field.type) as GraphQLCompositeType;
    if (isIntrospectionType(returned)) return costOfIntrospection(node, field, returned, type, own);
    const asked = values.sizeOf(node, field);
    if (!isListType(getNullableType(field.type))) {
      // A page reads its rows even where only its pageInfo is asked for.
      return own + (isConnection(returned) ? asked : 0) + costOfSet(node.selectionSet, returned, asked);
    }
    const length = list ?? (tellsSize(field) ? asked : size);
    return own + length * costOfSet(node.selectionSet, returned, 1);
  };
  const costOfIntrospection = (node: FieldNode, field: GraphQLField<unknown, unknown>, returned: GraphQLCompositeType, type: GraphQLCompositeType, own: number): number => {
    const name = node.name.value;
    const length = name === 'types' ? Object.keys(schema.getTypeMap()).length : isListType(getNullableType(field.type)) ? INTROSPECTED[name] ?? INTROSPECTED_ELSE : 1;
    const cost = own + length * costOfSet(node.selectionSet!, returned, 1);
    if (isIntrospectionType(type)) return cost;
    introspection += cost;
    return own;
  };
  const composite = (name: string) => schema.getType(name) as GraphQLCompositeType;

  const cost = costOfSet(operation.selectionSet, root, 1);
  return { cost: Math.ceil(cost), introspection: Math.ceil(introspection) };
}

/** @returns null for __typename, which nothing resolves. */
function fieldOf(type: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | null {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isUnionType(type) ? null : type.getFields()[name] ?? null;
}

/** What the arguments and directives of an operation say, by its variables and their defaults. */
class Values {
  private readonly given: Record<string, unknown>;

  constructor(operation: OperationDefinitionNode, variables: Record<string, unknown>) {
    this.given = { ...variables };
    for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
      const name = variable.name.value;
      if (this.given[name] === undefined && defaultValue) this.given[name] = this.plain(defaultValue);
    }
  }

  includes(node: SelectionNode): boolean {
    if (!node.directives?.length) return true;
    try {
      return getDirectiveValues(GraphQLSkipDirective, node, this.given)?.if !== true && getDirectiveValues(GraphQLIncludeDirective, node, this.given)?.if !== false;
    } catch {
      // A variable that is missing or of another kind: execution will say so.
      return true;
    }
  }

  /** How long the lists of the answer may be: a page, what is counted, or as long as the longest list that was sent. 1 for a plain field. */
  sizeOf(node: FieldNode, field: GraphQLField<unknown, unknown>): number {
    const isPage = isPaged(field);
    let size = 0;
    for (const argument of field.args) {
      if (isPage && !SIZES.has(argument.name)) continue;
      const written = node.arguments?.find((one) => one.name.value === argument.name);
      const value = written && this.plain(written.value);
      size = Math.max(size, longest(value === undefined ? argument.defaultValue : value, argument.type, argument.name));
    }
    return size > 0 ? size : isPage ? DEFAULT_PAGE : 1;
  }

  private plain(value: ValueNode): unknown {
    switch (value.kind) {
      case Kind.INT: return Number(value.value);
      case Kind.NULL: return null;
      case Kind.VARIABLE: return this.given[value.name.value];
      case Kind.LIST: return value.values.map((one) => this.plain(one));
      case Kind.OBJECT: return Object.fromEntries(value.fields.map((one) => [one.name.value, this.plain(one.value)]));
      case Kind.BOOLEAN: return value.value;
      default: return undefined;
    }
  }
}

/** The longest list, or the largest number that counts, as far as it lies in inputs: not in the rows of a list, nor in JSON. */
function longest(value: unknown, type: GraphQLInputType, name: string): number {
  const plainType = getNullableType(type);
  if (isListType(plainType)) return Array.isArray(value) ? value.length : 1;
  if (typeof value === 'number') return SIZES.has(name) ? value : 0;
  if (!isInputObjectType(plainType) || typeof value !== 'object' || value === null) return 0;
  let size = 0;
  for (const field of Object.values(plainType.getFields())) {
    const inner = (value as Record<string, unknown>)[field.name];
    size = Math.max(size, longest(inner === undefined ? field.defaultValue : inner, field.type, field.name));
  }
  return size;
}

function isPaged(field: GraphQLField<unknown, unknown>): boolean {
  return field.args.some(({ name }) => name === 'first' || name === 'last');
}

/** Whether a list's own arguments tell its length; others take it from the field around them. */
export function tellsSize(field: GraphQLField<unknown, unknown>): boolean {
  return field.args.some(({ name }) => SIZES.has(name));
}

export function isConnection(type: GraphQLCompositeType): boolean {
  return isObjectType(type) && 'pageInfo' in type.getFields() && 'edges' in type.getFields();
}

export function isObjectList(field: GraphQLField<unknown, unknown>): boolean {
  return isListType(getNullableType(field.type)) && isCompositeType(getNamedType(field.type));
}

/** Fields of objects and interfaces, with the type they belong to. */
export function* fieldsOf(schema: GraphQLSchema): Generator<{ type: GraphQLCompositeType; field: GraphQLField<unknown, unknown> }> {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || !(isObjectType(type) || isInterfaceType(type))) continue;
    for (const field of Object.values(type.getFields())) yield { type, field };
  }
}
