// Lints imports that nobody wrote, one a pair, and prints which of them are reported and why. A process of its own, since
// Jest cannot load ESLint's configuration, an ES module.
import { ESLint } from 'eslint';

const pairs = JSON.parse(process.argv[2]);
const eslint = new ESLint();
const reported = [];
for (const { file, imports } of pairs) {
  const [result] = await eslint.lintText(`import { anything } from '${imports}';\nexport const used = anything;\n`, {
    filePath: file,
  });
  const rooms = result.messages.filter(
    ({ ruleId }) => ruleId === 'import-x/no-restricted-paths' || ruleId === 'no-restricted-imports',
  );
  reported.push(rooms.map(({ message }) => message).join(' '));
}
process.stdout.write(JSON.stringify(reported));
