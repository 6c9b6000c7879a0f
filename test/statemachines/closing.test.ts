import { closingKinds } from '../../contract/undo';
import { closing } from '../../statemachines/fragments/application';

test('what undo takes back of a closing is what closing does', () => {
  expect(closing.map(({ kind }) => kind)).toEqual([...closingKinds]);
});
