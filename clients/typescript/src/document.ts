/** A document of GraphQL that knows what it answers and takes, for `query` to tell; a plain string is one, too. */
export type Document<Data = unknown, Variables = unknown> = string & { readonly __of?: (variables: Variables) => Data };

const token = /"""(?:[^\\]|\\[^])*?"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*|\.\.\.|[_A-Za-z]\w*|[{}()[\]:@$]/g;

export interface Operation {
  kind: 'query' | 'mutation' | 'subscription' | 'several' | '';
  /** The fields at its root; of a spread, `...`. */
  roots: string[];
}

/** What a document asks for. More than one operation, or a spread at the root, counts as one that must not be repeated. */
export function operationOf(document: string): Operation {
  let kind: Operation['kind'] = '';
  const roots: string[] = [];
  let [depth, parens] = [0, 0];
  let [isFragment, isDirective] = [false, false];
  for (const [word] of document.matchAll(token)) {
    if (/^[#"]/.test(word)) continue;
    if (word === '(' || word === '[') parens++;
    else if (word === ')' || word === ']') parens--;
    if (parens > 0 || word === ')' || word === ']') continue;
    if (word === '{') {
      if (depth === 0 && !isFragment && kind === '') kind = 'query';
      depth++;
    } else if (word === '}') {
      depth--;
      isFragment &&= depth > 0;
    } else if (depth === 0 && !isFragment && isKind(word)) {
      // A second query leaves a document of queries what it is.
      if (kind === '' || kind === word) kind = kind === 'mutation' ? 'several' : word;
      else kind = 'several';
    } else if (depth === 0 && word === 'fragment') {
      isFragment = true;
    } else if (depth === 1 && !isFragment) {
      // What stands before a colon was an alias.
      if (word === ':') roots.pop();
      else if (word === '...' || (!isDirective && word !== '@')) roots.push(word);
    }
    isDirective = word === '@';
  }
  return { kind, roots };
}

function isKind(word: string): word is 'query' | 'mutation' | 'subscription' {
  return word === 'query' || word === 'mutation' || word === 'subscription';
}
