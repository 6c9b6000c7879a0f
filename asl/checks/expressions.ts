import { type Body, allStates } from '../definition';
import { type Template } from '../expressions';
import { type Json, isJsonObject, isList } from '../json';
import { type Found } from './findings';
import { needsOf } from './names';
import { fieldsOf, usesOf } from './uses';

/** Finds expressions that call what does not exist or have no context, and texts that look like failed expressions. */
export function checkExpressions(body: Body): Found[] {
  return allStates(body).flatMap((state) => {
    const found = (message: string): Found => ({ check: 'expressions', state: state.name, message });
    return [
      ...usesOf(state).flatMap(({ field, expression }) =>
        needsOf(expression.ast).problems.map((problem) => found(`${field}: ${problem}: {% ${expression.text} %}`)),
      ),
      ...fieldsOf(state).flatMap(({ field, template }) =>
        textsIn(template)
          .filter((text) => text.includes('{%') || text.includes('%}'))
          .map((text) =>
            found(`${field}: the text is no expression, only one as a whole is; write it as one: ${text}`),
          ),
      ),
    ];
  });
}

function textsIn(template: Template): string[] {
  switch (template.kind) {
    case 'value':
      return textsInJson(template.value);
    case 'expression':
      return [];
    case 'list':
      return template.items.flatMap(textsIn);
    case 'object':
      return template.entries.flatMap(([, member]) => textsIn(member));
  }
}

function textsInJson(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (isJsonObject(value)) return Object.values(value).flatMap(textsInJson);
  return isList(value) ? value.flatMap(textsInJson) : [];
}
