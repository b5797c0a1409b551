import type { ConditionalNode, ConstantNode, FunctionNode, MathNode, OperatorNode, ParenthesisNode, RelationalNode, SymbolNode } from 'mathjs';
import { excerpt } from '../platform/text.js';
import { mathjs } from './mathjs.js';
import { classFunctions, LEADING, type ClassFigures, type NamedClasses } from './class-figures.js';
import { arithmetic, comparisons, folds, functionNames, functions } from './operations.js';
import { ruleKinds, type QuantitiesOf, type ResultOf, type RuleKind } from './quantities.js';
import { RuleError } from './rule-error.js';
import { MAX_DEPTH, scanRule, tooDeep, type Leaf } from './rule-text.js';

export const MAX_NODES = 200;
const CLASS_COMPARED = `leading == "deer"`;

type Values = Readonly<Record<string, number>>;
type Evaluate<T> = (values: Values, figures: ClassFigures | undefined) => T;
type NumberPart = { type: 'number'; evaluate: Evaluate<number> };
type BooleanPart = { type: 'boolean'; evaluate: Evaluate<boolean> };
/** Its index; -1 is none, and equal to none. */
type ClassPart = { type: 'class'; evaluate: Evaluate<number> };
type Part = NumberPart | BooleanPart | ClassPart;

/** A part of the tree with the place of its first number or name in the text, counted from 0. */
type Placed<P extends Part> = P & { at: number };

export interface Rule<K extends RuleKind> {
  readonly kind: K;
  readonly text: string;
  /**
   * Never throws. A quantity that is NaN or left out is unknown: comparisons with it are false. A priority that is not a number is -Infinity, the last.
   * @param figures for rules that ask about classes; unknown where left out
   */
  evaluate(values: Readonly<QuantitiesOf<K>>, figures?: ClassFigures): ResultOf<K>;
}

/**
 * @param text an expression in mathjs's syntax over the quantities of the kind, at most 1,000 characters, 200 nodes and 50 deep.
 * @param classes the project's, for the rules of items
 * @throws RuleError
 */
export function compileRule<K extends RuleKind>(kind: K, text: string, classes: NamedClasses | null): Rule<K> {
  const { result, quantities, ofClasses } = ruleKinds[kind];
  const { leaves, masked } = scanRule(text);
  const part = new RuleCompiler(leaves, quantities.map((quantity) => quantity.name), ofClasses ? classes : null).compile(parse(masked));
  if (part.type !== result) {
    throw new RuleError(1, result === 'boolean'
      ? `a ${kind} rule is true or false, and this is a ${part.type}; compare it, as in ${part.type === 'class' ? CLASS_COMPARED : 'votes >= 3'}`
      : `a ${kind} rule is a number, and this is ${part.type === 'class' ? 'a class' : 'true or false'}; choose numbers by it, as in votes < 2 ? 1 : 0`);
  }
  const evaluate = part.type === 'boolean' ? part.evaluate : numbered(part.evaluate);
  return { kind, text, evaluate: evaluate as (values: Values) => never };
}

function numbered(evaluate: Evaluate<number>) {
  return (values: Values, figures: ClassFigures | undefined) => {
    const value = evaluate(values, figures);
    return Number.isNaN(value) ? -Infinity : value;
  };
}

function parse(text: string): MathNode {
  try {
    // A line break would end the expression.
    return mathjs().parse(text.replace(/[\t\r\n]/g, ' '));
  } catch (error) {
    const { message, char } = error as Error & { char?: number };
    throw new RuleError(char ?? 1, message.replace(/ \(char \d+\)$/, ''));
  }
}

/**
 * The second check, and the translation into closures over numbers, 0.01 us a node: every node of the tree is of a kind that is named
 * here and has the types that it needs; whatever else the parser may make is refused.
 */
class RuleCompiler {
  private nextLeaf = 0;
  private nodes = 0;
  private depth = 0;

  constructor(
    private readonly leaves: readonly Leaf[],
    private readonly quantities: readonly string[],
    /** Null where the rule may not ask about them. */
    private readonly classes: NamedClasses | null,
  ) {}

  compile(node: MathNode): Placed<Part> {
    const at = this.here();
    if (node.type === 'ParenthesisNode') return this.compile((node as ParenthesisNode).content);
    if (++this.nodes > MAX_NODES) throw new RuleError(at + 1, `the rule has more than ${MAX_NODES} numbers, names and operators`);
    if (++this.depth > MAX_DEPTH) throw tooDeep(at);
    const part = this.translate(node, at);
    this.depth--;
    return { ...part, at };
  }

  private translate(node: MathNode, at: number): Part {
    switch (node.type) {
      case 'ConstantNode': return this.constant((node as ConstantNode).value);
      case 'SymbolNode': return this.quantity(node as SymbolNode);
      case 'OperatorNode': return this.operator(node as unknown as OperatorNode<'+', 'add', MathNode[]>, at);
      case 'RelationalNode': return this.chain(node as RelationalNode);
      case 'ConditionalNode': return this.choice(node as ConditionalNode);
      case 'FunctionNode': return this.call(node as FunctionNode, at);
      case 'RangeNode': throw new RuleError(at + 1, 'a rule has numbers only, no ranges; ":" belongs to a choice, as in votes < 2 ? 1 : 0');
      default: throw new RuleError(at + 1, `a rule has numbers only, and this is a ${node.type.replace(/Node$/, '').toLowerCase()}`);
    }
  }

  private constant(value: unknown): Part {
    const at = this.take(String(value), (text) => text === String(value) || Number(text) === value);
    if (typeof value === 'boolean') return { type: 'boolean', evaluate: () => value };
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new RuleError(at + 1, this.unknown(String(value)));
    return { type: 'number', evaluate: () => value };
  }

  private quantity({ name }: SymbolNode): Part {
    const { quoted } = this.leaves[this.nextLeaf] ?? {};
    const at = this.take(name);
    if (quoted !== undefined) {
      const k = this.classIndex(quoted, at);
      return { type: 'class', evaluate: () => k };
    }
    if (this.classes && name === LEADING.name) return { type: 'class', evaluate: (_, figures) => figures?.leading ?? -1 };
    if (functionNames.includes(name)) throw new RuleError(at + 1, `"${name}" is a function; give it numbers in parentheses`);
    if (!this.quantities.includes(name)) throw new RuleError(at + 1, this.unknown(name));
    return { type: 'number', evaluate: (values) => values[name] ?? NaN };
  }

  private operator({ op, fn, args, implicit }: { op: string; fn: string; args: MathNode[]; implicit: boolean }, at: number): Part {
    if (implicit) {
      this.compile(args[0]!);
      throw new RuleError(this.here() + 1, 'put a sign such as * before this');
    }
    if (args.length === 1) return this.prefix(fn, op, args[0]!, at);
    if (fn === 'and' || fn === 'or' || fn === 'xor') {
      const a = this.truth(args[0]!, op).evaluate;
      const b = this.truth(args[1]!, op).evaluate;
      if (fn === 'and') return { type: 'boolean', evaluate: (values, figures) => a(values, figures) && b(values, figures) };
      if (fn === 'or') return { type: 'boolean', evaluate: (values, figures) => a(values, figures) || b(values, figures) };
      return { type: 'boolean', evaluate: (values, figures) => a(values, figures) !== b(values, figures) };
    }
    const calculate = arithmetic.get(fn);
    const compare = comparisons.get(fn);
    if (!calculate && !compare) throw new RuleError(at + 1, `a rule has no operator ${op}`);
    if ((fn === 'equal' || fn === 'unequal') && this.isOfClass(args[0]!)) return this.sameClass(fn, args[0]!, args[1]!);
    const a = this.number(args[0]!, op).evaluate;
    const b = this.number(args[1]!, op).evaluate;
    if (calculate) return { type: 'number', evaluate: (values, figures) => calculate(a(values, figures), b(values, figures)) };
    return { type: 'boolean', evaluate: (values, figures) => compare!(a(values, figures), b(values, figures)) };
  }

  private prefix(fn: string, op: string, operand: MathNode, at: number): Part {
    if (fn === 'not') {
      const a = this.truth(operand, op).evaluate;
      return { type: 'boolean', evaluate: (values, figures) => !a(values, figures) };
    }
    if (fn !== 'unaryMinus' && fn !== 'unaryPlus') throw new RuleError(at + 1, `a rule has no operator ${op}`);
    const a = this.number(operand, op).evaluate;
    return { type: 'number', evaluate: fn === 'unaryMinus' ? (values, figures) => -a(values, figures) : a };
  }

  /** a < b <= c. */
  private chain({ conditionals, params }: RelationalNode): Part {
    const terms = params.map((term) => this.number(term, 'a comparison').evaluate);
    const compare = conditionals.map((name) => comparisons.get(name)!);
    return { type: 'boolean', evaluate: (values, figures) => compare.every((holds, index) => holds(terms[index]!(values, figures), terms[index + 1]!(values, figures))) };
  }

  private choice({ condition, trueExpr, falseExpr }: ConditionalNode): Part {
    const test = this.truth(condition, '?').evaluate;
    const yes = this.compile(trueExpr);
    const no = this.compile(falseExpr);
    if (yes.type === 'number' && no.type === 'number') return { type: 'number', evaluate: (values, figures) => (test(values, figures) ? yes.evaluate(values, figures) : no.evaluate(values, figures)) };
    if (yes.type === 'boolean' && no.type === 'boolean') return { type: 'boolean', evaluate: (values, figures) => (test(values, figures) ? yes.evaluate(values, figures) : no.evaluate(values, figures)) };
    throw new RuleError(no.at + 1, 'both sides of ":" are numbers, or both are true or false');
  }

  private call({ fn, args }: FunctionNode, at: number): Part {
    const { name } = fn;
    if (fn.type !== 'SymbolNode') throw new RuleError(at + 1, `what is called is the name of a function; there are: ${functionNames.join(', ')}`);
    this.take(name);
    const ofClass = classFunctions.find((known) => known.name === name);
    if (ofClass && this.classes) return this.ofClass(ofClass, args, at);
    const one = functions.get(name);
    const fold = folds.get(name);
    if (!one && !fold) throw new RuleError(at + 1, `there is no function ${excerpt(name)}; there are: ${[...functionNames, ...(this.classes ? classFunctions.map((known) => known.name) : [])].join(', ')}`);
    if (one ? args.length !== 1 : args.length === 0) throw new RuleError(at + 1, `${name} takes ${one ? 'one number' : 'one number or more'}, and has ${args.length}`);
    const [first, ...rest] = args.map((argument) => this.number(argument, name).evaluate);
    if (one) return { type: 'number', evaluate: (values, figures) => one(first!(values, figures)) };
    return rest.reduce<NumberPart>(({ evaluate: sofar }, next) => ({ type: 'number', evaluate: (values, figures) => fold!(sofar(values, figures), next(values, figures)) }), { type: 'number', evaluate: first! });
  }

  private ofClass({ name, of }: (typeof classFunctions)[number], args: MathNode[], at: number): NumberPart {
    const asText = `${name} takes one class, in quotes, as in ${name}("deer")`;
    if (args.length !== 1) throw new RuleError(at + 1, `${asText}, and has ${args.length}`);
    const part = this.compile(args[0]!);
    if (part.type !== 'class') throw new RuleError(part.at + 1, asText);
    const { evaluate } = part;
    return {
      type: 'number',
      evaluate: (values, figures) => {
        const k = evaluate(values, figures);
        return figures && k >= 0 ? of(figures, k) : NaN;
      },
    };
  }

  /** Whether the next number, name or text of the rule is a class. */
  private isOfClass(node: MathNode): boolean {
    const leaf = this.leaves[this.nextLeaf];
    return node.type === 'SymbolNode' && (leaf?.quoted !== undefined || (this.classes !== null && leaf?.text === LEADING.name));
  }

  /** False where one of them is not known, as all comparisons are. */
  private sameClass(fn: string, one: MathNode, other: MathNode): BooleanPart {
    const a = this.compile(one).evaluate as Evaluate<number>;
    const part = this.compile(other);
    if (part.type !== 'class') throw new RuleError(part.at + 1, `a class is compared with a class, as in ${CLASS_COMPARED}`);
    const { evaluate: b } = part;
    const wanted = fn === 'equal';
    return {
      type: 'boolean',
      evaluate: (values, figures) => {
        const [first, second] = [a(values, figures), b(values, figures)];
        return first >= 0 && second >= 0 && (first === second) === wanted;
      },
    };
  }

  private classIndex(name: string, at: number): number {
    if (!this.classes) throw new RuleError(at + 1, 'this rule has numbers only, no texts');
    const index = this.classes.indexOf(name);
    if (index === undefined) throw new RuleError(at + 1, this.classes.refusal(name, this.classes.nearest(name)));
    return index;
  }

  private number(node: MathNode, owner: string): Placed<NumberPart> {
    const part = this.compile(node);
    if (part.type === 'class') throw new RuleError(part.at + 1, `"${owner}" takes numbers, and this is a class; ask votesFor, shareFor or probabilityOf, or compare it, as in ${CLASS_COMPARED}`);
    if (part.type !== 'number') throw new RuleError(part.at + 1, `"${owner}" takes numbers, and this is true or false; use and, or, or a choice such as (votes < 2 ? 1 : 0)`);
    return part;
  }

  private truth(node: MathNode, owner: string): Placed<BooleanPart> {
    const part = this.compile(node);
    if (part.type !== 'boolean') {
      throw new RuleError(part.at + 1, `"${owner}" takes what is true or false, and this is a ${part.type}; compare it, as in ${part.type === 'class' ? CLASS_COMPARED : 'votes >= 3'}${owner === 'not' ? ', with parentheses after not' : ''}`);
    }
    return part;
  }

  private here(): number {
    return this.leaves[this.nextLeaf]?.at ?? 0;
  }

  /** The next number or name of the text, which must be the one that the tree has here: else the two were read differently, and the rule is refused. */
  private take(shown: string, isSame = (text: string) => text === shown): number {
    const leaf = this.leaves[this.nextLeaf++];
    if (!leaf || !isSame(leaf.text)) throw new RuleError((leaf?.at ?? 0) + 1, `this can be read in more than one way, also as ${shown}; add parentheses`);
    return leaf.at;
  }

  private unknown(name: string): string {
    return `there is no quantity ${excerpt(name)}; there are: ${[...this.quantities, ...(this.classes ? [LEADING.name] : [])].join(', ')}`;
  }
}
