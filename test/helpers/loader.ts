/** In `npm test` all is compiled. */
const isCompiled = import.meta.resolve('./root.js').endsWith('.js');

/** What a Node is started with, to load what is in `src` and `test`. */
export const LOADER: readonly string[] = isCompiled ? [] : ['--import', 'tsx'];
