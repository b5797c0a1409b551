import { NearClasses } from '../aggregation/index.js';
import { excerpt } from '../platform/text.js';

const mostNamed = 10;

/** A project's classes by their names, and what to say of a name that is none of them. */
export class ClassNames {
  private readonly indices: Map<string, number>;
  /** Made for the first name that is none: most calls have no such. */
  private near: NearClasses | null = null;

  constructor(private readonly classes: readonly string[]) {
    this.indices = new Map(classes.map((name, index) => [name, index]));
  }

  indexOf(name: string): number | undefined {
    return this.indices.get(name);
  }

  /** The class that is probably meant by a name which is none, or null. */
  nearest(name: string): string | null {
    this.near ??= new NearClasses(this.classes);
    return this.near.nearest(name);
  }

  /** Why a row with the name is refused. @param near as `nearest` has it */
  refusal(name: string, near: string | null): string {
    const { classes } = this;
    const more = classes.length > mostNamed ? ` and ${classes.length - mostNamed} more` : '';
    return `class ${excerpt(name)} is not among ${classes.slice(0, mostNamed).map((one) => excerpt(one)).join(', ')}${more}${near === null ? '' : `; is ${excerpt(near)} meant?`}`;
  }
}
