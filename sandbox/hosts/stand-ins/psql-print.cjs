'use strict';
/** What psql prints: rows, aligned or not, and errors as libpq words them (fe-protocol3.c, pqBuildErrorMessage3). */

/** Types whose values psql aligns to the right: integers, floats, numeric, money, oid, xid, cid. */
const rightAligned = [20, 21, 23, 26, 28, 29, 700, 701, 790, 1700, 5069];

function rows(result, options) {
  const { fields, values } = result;
  const cells = values.map((row) => row.map((cell) => cell ?? ''));
  const footer = `(${cells.length} ${cells.length === 1 ? 'row' : 'rows'})`;
  if (options.unaligned) {
    const lines = cells.map((row) => row.join(options.separator));
    if (!options.tuplesOnly) lines.unshift(fields.map(({ name }) => name).join(options.separator));
    if (!options.tuplesOnly) lines.push(footer);
    return lines.map((line) => `${line}\n`).join('');
  }
  const widths = fields.map(({ name }, at) => {
    const lengths = cells.map((row) => [...row[at]].length);
    return Math.max([...name].length, ...lengths);
  });
  const right = fields.map(({ dataTypeID }) => rightAligned.includes(dataTypeID));
  const lines = cells.map((row) =>
    row
      .map((cell, at) => {
        const missing = ' '.repeat(widths[at] - [...cell].length);
        if (right[at]) return ` ${missing}${cell}`;
        // Nothing follows the last column, so it is not filled up.
        return at === row.length - 1 ? ` ${cell}` : ` ${cell}${missing}`;
      })
      .join(' |'),
  );
  if (!options.tuplesOnly) {
    const header = fields.map(({ name }, at) => {
      const missing = widths[at] - [...name].length;
      const left = Math.floor(missing / 2);
      return ` ${' '.repeat(left)}${name}${' '.repeat(missing - left)} `;
    });
    lines.unshift(header.join('|'), widths.map((width) => '-'.repeat(width + 2)).join('+'));
    lines.push(footer);
  }
  return `${lines.join('\n')}${lines.length > 0 ? '\n' : ''}\n`;
}

const displaySize = 60;
const minimumRight = 10;

/** The line that the error points at, cut to sixty characters around the place, with a caret below. */
function pointer(query, position) {
  const before = [...query].slice(0, position - 1).join('');
  const lineNumber = before.split('\n').length;
  let shown = [...(query.split('\n')[lineNumber - 1] ?? '').replaceAll('\t', ' ')];
  let column = [...before.slice(before.lastIndexOf('\n') + 1)].length;
  let [cutLeft, cutRight] = [false, false];
  if (shown.length > displaySize) {
    if (column + minimumRight < displaySize) {
      shown = shown.slice(0, displaySize);
      cutRight = true;
    } else {
      const end = Math.min(shown.length, column + minimumRight);
      cutRight = end < shown.length;
      const begin = Math.max(0, end - displaySize);
      shown = shown.slice(begin, end);
      cutLeft = begin > 0;
      column -= begin;
    }
  }
  const prefix = `LINE ${lineNumber}: ${cutLeft ? '...' : ''}`;
  return `${prefix}${shown.join('')}${cutRight ? '...' : ''}\n${' '.repeat(prefix.length + column)}^\n`;
}

/** `verbosity`: default, verbose, terse or sqlstate. The context is shown for errors only, as SHOW_CONTEXT=errors. */
function message(error, verbosity, query) {
  const severity = error.severity ?? 'ERROR';
  if (verbosity === 'sqlstate') return `${severity}:  ${error.code}\n`;
  const code = verbosity === 'verbose' ? `${error.code}: ` : '';
  const position = Number(error.position ?? 0);
  if (verbosity === 'terse') {
    return `${severity}:  ${error.message}${position > 0 ? ` at character ${position}` : ''}\n`;
  }
  let text = `${severity}:  ${code}${error.message}\n`;
  if (position > 0 && query !== undefined) text += pointer(query, position);
  else if (error.internalQuery && error.internalPosition)
    text += pointer(error.internalQuery, Number(error.internalPosition));
  if (error.detail) text += `DETAIL:  ${error.detail}\n`;
  if (error.hint) text += `HINT:  ${error.hint}\n`;
  if (error.internalQuery) text += `QUERY:  ${error.internalQuery}\n`;
  if (error.where && ['ERROR', 'FATAL', 'PANIC'].includes(severity)) text += `CONTEXT:  ${error.where}\n`;
  if (verbosity === 'verbose') {
    const named = {
      schema: 'SCHEMA',
      table: 'TABLE',
      column: 'COLUMN',
      dataType: 'DATATYPE',
      constraint: 'CONSTRAINT',
    };
    for (const [key, title] of Object.entries(named)) if (error[key]) text += `${title} NAME:  ${error[key]}\n`;
    if (error.file) text += `LOCATION:  ${error.routine}, ${error.file}:${error.line}\n`;
  }
  return text;
}

module.exports = { rows, message };
