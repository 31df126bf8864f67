/** The other name that this had, for what is still being moved. */
export { CommandContext as ConnectedContext } from './context.js';
