// By its path: the package exports none of its commands.
export { default } from '../../../node_modules/@oclif/plugin-autocomplete/lib/commands/autocomplete/index.js';
