import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { LIBRARY, typesOf } from './library.js';

const PLAIN =
  ts.NodeBuilderFlags.NoTruncation |
  ts.NodeBuilderFlags.InTypeAlias |
  ts.NodeBuilderFlags.MultilineObjectLiterals;

/**
 * Makes the types of what programs import, and no others: tsc also writes those of all that it
 * uses. `npm run lint:code` checks the code itself, which would take twice as long here.
 * @param {string} folder where they go
 * @returns the exit code: 1 where a type could not be written
 */
export function makeTypes(folder) {
  const { config } = ts.readConfigFile('tsconfig.library.json', ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const program = ts.createProgram(fileNames, { ...options, outDir: folder, noCheck: true });
  const { diagnostics } = program.emit(undefined, undefined, undefined, true, {
    afterDeclarations: [
      (context) => (file) => withoutSchemas(file, program.getTypeChecker(), context),
    ],
  });
  for (const { messageText } of diagnostics) {
    console.error(ts.flattenDiagnosticMessageText(messageText, '\n'));
  }
  const needed = new Set();
  for (const entry of LIBRARY) collect(join(folder, typesOf(entry)), needed);
  for (const name of readdirSync(folder, { recursive: true })) {
    if (name.endsWith('.d.ts') && !needed.has(join(folder, name))) rmSync(join(folder, name));
  }
  return diagnostics.length === 0 ? 0 : 1;
}

/** Adds a file, and whatever it imports from beside it. */
function collect(file, needed) {
  if (needed.has(file)) return;
  needed.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(
    /\b(?:from |import\()['"](\.[^'"]+)\.js['"]/g,
  )) {
    collect(join(dirname(file), `${path}.d.ts`), needed);
  }
}

/**
 * Of a file with valibot's schemas, the types that they take, written out with the comments of the
 * fields, and what else is a type: programs have no valibot.
 */
function withoutSchemas(file, checker, { factory }) {
  if (!file.statements.some(isOfValibot)) return file;
  const statements = file.statements.flatMap((one) => {
    const text = ts.getParseTreeNode(one)?.getText() ?? '';
    const ofValibot = /\bv\.|\btypeof\b/.test(text);
    const isCode = ts.isVariableStatement(one) || (ts.isFunctionDeclaration(one) && ofValibot);
    if (isCode || isOfValibot(one) || (text.startsWith('type') && ofValibot)) return [];
    if (!ts.isTypeAliasDeclaration(one) || !/\bv\.Infer/.test(text)) return [one];
    const source = ts.getParseTreeNode(one);
    const type = checker.getTypeAtLocation(source.name);
    const node = commented(checker.typeToTypeNode(type, source, PLAIN), type, checker);
    // What names a type that the file has no import of is none of those that programs see.
    if (
      ts
        .createPrinter()
        .printNode(ts.EmitHint.Unspecified, node, source.getSourceFile())
        .includes('import(')
    ) {
      return [];
    }
    return [
      factory.updateTypeAliasDeclaration(one, one.modifiers, one.name, one.typeParameters, node),
    ];
  });
  return factory.updateSourceFile(file, statements);
}

function isOfValibot(statement) {
  return ts.isImportDeclaration(statement) && statement.moduleSpecifier.text === 'valibot';
}

function commented(node, type, checker) {
  if (ts.isUnionTypeNode(node) || ts.isIntersectionTypeNode(node)) {
    node.types.forEach((one, index) => commented(one, type.types[index], checker));
  } else if (ts.isTypeLiteralNode(node)) {
    for (const member of node.members) {
      const comment =
        type.getProperty(member.name?.text ?? '')?.getDocumentationComment(checker) ?? [];
      const text = ts.displayPartsToString(comment).replaceAll('\n', '\n * ');
      if (text) {
        ts.addSyntheticLeadingComment(
          member,
          ts.SyntaxKind.MultiLineCommentTrivia,
          `* ${text} `,
          true,
        );
      }
    }
  }
  return node;
}
