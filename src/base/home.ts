/** Stands for the home folder of a user who has none: nothing is below it, or can be made there. */
export const NO_HOME = '/dev/null';
