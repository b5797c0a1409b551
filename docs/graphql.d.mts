/** The reference of a schema, as schema.graphql has it. */
export function page(schema: string): string;
