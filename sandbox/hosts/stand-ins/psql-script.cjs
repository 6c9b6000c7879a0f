'use strict';
/**
 * Reads a psql script as psql does: statements end at a `;` outside quotes, comments and parentheses; `:name`,
 * `:'name'` and `:"name"` are replaced outside quotes; a line's backslash command ends at the end of the line.
 * Yields `{kind: 'statement', text, line}` and `{kind: 'command', name, args, line}`, one at a time, so that a `\set`
 * holds for what follows it.
 */
function* read(input, variables) {
  let rest = input;
  let text = '';
  let depth = 0;
  // Text put in for a variable has no lines of its own in the file.
  let inserted = 0;
  let line = 1;

  const take = (count, keep = true) => {
    const part = rest.slice(0, count);
    rest = rest.slice(count);
    const own = part.slice(Math.min(inserted, count));
    inserted = Math.max(0, inserted - count);
    line += own.split('\n').length - 1;
    if (keep) text += part;
  };
  const match = (pattern) => pattern.exec(rest)?.[0];
  const statement = () => {
    const found = { kind: 'statement', text, line };
    text = '';
    depth = 0;
    return found;
  };

  while (rest !== '') {
    const space = match(/^(?:\s+|--[^\n]*)/);
    if (space !== undefined) {
      take(space.length, text !== '');
      continue;
    }
    const blockComment = match(/^\/\*/) && nested(rest);
    const escape = match(/^[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/);
    const quoted = match(/^(?:'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$))/);
    const dollar = match(/^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/);
    const word = match(/^[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/);
    const variable = /^:(?:(\w+)|'(\w+)'|"(\w+)"|\{\?(\w+)\})/.exec(rest);
    if (blockComment) take(blockComment);
    else if (escape !== undefined) take(escape.length);
    else if (quoted !== undefined) take(quoted.length);
    else if (dollar !== undefined) {
      const end = rest.indexOf(dollar, dollar.length);
      take(end === -1 ? rest.length : end + dollar.length);
    } else if (word !== undefined) take(word.length);
    else if (rest.startsWith('::')) take(2);
    else if (
      variable !== null &&
      (variable[4] !== undefined || variables.has(variable[1] ?? variable[2] ?? variable[3]))
    ) {
      const [whole, bare, literal, identifier, asked] = variable;
      if (asked !== undefined) text += variables.has(asked) ? 'TRUE' : 'FALSE';
      else if (literal !== undefined) text += quote(variables.get(literal));
      else if (identifier !== undefined) text += `"${variables.get(identifier).replaceAll('"', '""')}"`;
      take(whole.length, false);
      if (bare !== undefined) {
        const value = variables.get(bare);
        rest = value + rest;
        inserted += value.length;
      }
    } else if (rest.startsWith('\\')) {
      const [whole] = /^[^\n]*/.exec(rest);
      const at = line;
      take(whole.length, false);
      const [name, ...args] = (whole.slice(1).match(/'(?:[^']|'')*'|\S+/g) ?? ['']).map((one) =>
        one.replace(/^'(.*)'$/, (_, inside) => inside.replaceAll("''", "'")),
      );
      yield { kind: 'command', name, args, line: at, pending: text !== '' };
    } else if (rest.startsWith(';') && depth === 0) {
      take(1);
      yield statement();
    } else {
      if (rest.startsWith('(')) depth += 1;
      if (rest.startsWith(')')) depth = Math.max(0, depth - 1);
      take(1);
    }
  }
  // psql sends what is left at the end of the input, too.
  if (text.trim() !== '') yield statement();
}

/** Length of a block comment; PostgreSQL's nest. */
function nested(rest) {
  let depth = 0;
  const pattern = /\/\*|\*\//g;
  for (let found = pattern.exec(rest); found !== null; found = pattern.exec(rest)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return pattern.lastIndex;
  }
  return rest.length;
}

const quote = (value) =>
  value.includes('\\')
    ? ` E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${value.replaceAll("'", "''")}'`;

module.exports = { read };
