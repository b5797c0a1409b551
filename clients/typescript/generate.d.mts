/** The generated files of `src` by name, of the text of a schema. */
export function generated(schema: string): Record<string, string>;
