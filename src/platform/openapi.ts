import { SetMetadata } from '@nestjs/common';

/** A schema by JSON Schema 2020-12, which is that of OpenAPI 3.1. One with a title stands once in the document, among its components. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Parameter {
  name: string;
  in: 'query' | 'header';
  description: string;
  required?: true;
  schema: Schema;
}

export interface Answer {
  description: string;
  headers?: Readonly<Record<string, { description: string; schema: Schema }>>;
  /** By content type. */
  content?: Readonly<Record<string, { schema: Schema }>>;
}

/** What a route takes and answers, as the reference has it; its method, its scope and what each route may refuse are added there. */
export interface Operation {
  /** Its name for programs, unique among all. */
  id: string;
  /** The heading it stands under. */
  tag: string;
  summary: string;
  description?: string;
  /** Of a route whose pattern stands for several addresses: this one of them, beneath its controller. */
  path?: string;
  parameters?: readonly Parameter[];
  body?: { description: string; content: Readonly<Record<string, { schema: Schema }>> };
  /** By status. */
  answers: Readonly<Record<string, Answer>>;
}

export const OPERATIONS_METADATA = 'assay:operations';

/**
 * What a route tells of itself in /openapi.json, which is not made where one tells nothing. @nestjs/swagger was left: it reads decorated classes,
 * and routes, parameters and counts here follow from registries; and it serves pages of its own, by a package for files more.
 */
export const Described = (...operations: Operation[]) => SetMetadata(OPERATIONS_METADATA, operations);

export const text = (description?: string, further: Schema = {}): Schema => ({ type: 'string', ...(description && { description }), ...further });
export const count = (description?: string): Schema => ({ type: 'integer', minimum: 0, ...(description && { description }) });
export const flag = (description?: string): Schema => ({ type: 'boolean', ...(description && { description }) });
export const oneOf = (values: readonly string[], description?: string): Schema => ({ type: 'string', enum: values, ...(description && { description }) });
export const listOf = (items: Schema, description?: string): Schema => ({ type: 'array', items, ...(description && { description }) });
/** Numbers by name. */
export const counts = (description: string, names: Schema = {}): Schema => ({ type: 'object', description, propertyNames: { type: 'string', ...names }, additionalProperties: count() });
export const orNull = ({ type, ...schema }: Schema): Schema => ({ type: [type, 'null'], ...schema });

type OptionalOf<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];

/** A schema for each member of T, and for none that it does not have: the compiler holds the two together. */
export type Members<T> = { readonly [K in keyof T]-?: Schema };

export function object<T>(title: string | null, members: Members<T>, optional: readonly OptionalOf<T>[] = [], description?: string): Schema {
  const required = Object.keys(members).filter((name) => !optional.includes(name as OptionalOf<T>));
  return { ...(title && { title }), type: 'object', ...(description && { description }), properties: members, required };
}

export function json(description: string, schema: Schema, further: Omit<Answer, 'description' | 'content'> = {}): Answer {
  return { description, ...further, content: { 'application/json': { schema } } };
}
