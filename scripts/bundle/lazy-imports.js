/** `const x_1 = require("y");`, as TypeScript writes an import to CommonJS, with or without its helper. */
const IMPORT = /^const (\w+_\d+) = ((?:__importDefault|__importStar)\()?require\("([^"]+)"\)\)?;$/gm;

/**
 * Puts off every import to the moment its name is first used. As TypeScript writes it, each use is a look-up
 * (`x_1.name`), so that loading it there is the same, later.
 * @param source a CommonJS module as TypeScript compiles it; what does not look like that stays as it is
 */
export function lazily(source) {
  const names = [...source.matchAll(IMPORT)].map(([, name]) => name);
  const declared = source.replace(IMPORT, (_all, name, helper = '', from) => {
    const load = `${helper}require("${from}")${helper && ')'}`;
    // A property, and no function: `new x_1.default()` has to stay what it is.
    return `const ${name}$ = { get module() { const module = ${load}; Object.defineProperty(this, "module", { value: module }); return module; } };`;
  });
  return names.reduce((text, name) => text.replaceAll(new RegExp(`\\b${name}\\b(?!\\$)`, 'g'), `${name}$$.module`), declared);
}
