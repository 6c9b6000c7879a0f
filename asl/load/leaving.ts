import { type Assign, type Leaving } from '../definition';
import { builtinFunctions } from '../functions';
import { type Fields } from './fields';

/** A variable's name: Unicode identifier, at most 80 characters (docs: workflow-variables). */
const variableName = /^\p{ID_Start}[\p{ID_Continue}]{0,79}$/u;

/** The Assign and Output fields. */
export function readLeaving(fields: Fields): Leaving {
  return { assign: readAssign(fields), output: fields.template('Output') };
}

function readAssign(fields: Fields): Assign {
  const assign = fields.object('Assign');
  return (assign?.entries() ?? []).map(([name, value]) => {
    if (name === 'states') fields.problem('Assign', 'cannot set $states, which is reserved.');
    else if (!variableName.test(name)) fields.problem('Assign', `cannot set "${name}", which is no variable's name.`);
    else if (builtinFunctions.has(name)) {
      // Stricter than AWS: the function would be hidden for the rest of the run.
      fields.problem('Assign', `would hide the function $${name}; choose another name.`);
    }
    return [name, fields.compile(value, `${fields.path}.Assign.${name}`)] as const;
  });
}
