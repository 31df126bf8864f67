import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { Application } from 'typedoc';
import { NOTE } from './command-pages.js';
import { LIBRARY, typesOf } from './library.js';
import { STRICT } from './strict.js';
import { makeTypes } from './types.js';

/** Where the reports of the public surface are, a change of which has to be committed and so is seen. */
export const REPORTS_FOLDER = 'etc';
/** Where the reference is. */
export const REFERENCE_FOLDER = 'docs/reference';

/**
 * What is made of the types that programs import: the reports of their surface, and the reference.
 * @returns texts by their files
 */
export async function libraryDocs() {
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-types-'));
  try {
    if (makeTypes(folder) !== 0) throw new Error('the types cannot be made');
    return new Map([...LIBRARY.map((entry) => reportOf(entry, folder)), ...(await referencePages(folder))]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The report of one entry: all that can be imported, and all that its types name. */
function reportOf(entry, folder) {
  const types = join(folder, typesOf(entry));
  const reportFileName = `${entry.name.replace('/', '-')}.api.md`;
  const scratch = join(folder, 'reports');
  mkdirSync(scratch, { recursive: true });
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: types,
      compiler: { overrideTsconfig: { compilerOptions: STRICT, files: [types] } },
      apiReport: { enabled: true, reportFileName, reportFolder: scratch, reportTempFolder: join(scratch, 'temp') },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        // A type that the surface names and nobody can import.
        extractorMessageReporting: { default: { logLevel: 'none' }, 'ae-forgotten-export': { logLevel: 'error' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
    packageJsonFullPath: resolve('package.json'),
  });
  const problems = [];
  const messageCallback = (message) => {
    if (message.logLevel === 'error') problems.push(message.text);
    message.handled = true;
  };
  Extractor.invoke(config, { localBuild: true, messageCallback });
  if (problems.length > 0) throw new Error(`${entry.name}: ${problems.join(' ')}`);
  return [
    `${REPORTS_FOLDER}/${reportFileName}`,
    readFileSync(join(scratch, reportFileName), 'utf8').replace('"ldctl"', `"${entry.name}"`),
  ];
}

/** The reference as Markdown, a page for each entry, and an index. */
async function referencePages(folder) {
  const tsconfig = join(folder, 'tsconfig.json');
  // They are taken for globs, where a backslash is no part of a path.
  const files = LIBRARY.map((entry) => join(folder, typesOf(entry)).replaceAll('\\', '/'));
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions: STRICT, files }));
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    logLevel: 'Warn',
    entryPoints: files,
    tsconfig,
    name: 'Library',
    readme: 'none',
    disableSources: true,
    hideGenerator: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    outputFileStrategy: 'modules',
    flattenOutputFiles: true,
    entryFileName: 'README',
    useHTMLAnchors: false,
    interfacePropertiesFormat: 'table',
    classPropertiesFormat: 'table',
    parametersFormat: 'table',
    typeDeclarationFormat: 'table',
  });
  const project = await app.convert();
  const out = join(folder, 'reference');
  await app.outputs.writeOutput({ name: 'markdown', path: out }, project);
  return readdirSync(out).map((name) => [
    `${REFERENCE_FOLDER}/${name}`,
    `${NOTE}\n\n${readFileSync(join(out, name), 'utf8')}`,
  ]);
}
