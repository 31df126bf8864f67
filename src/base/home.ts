/**
 * Stands for the home folder of a user who has none: nothing is below a file, or can be made there.
 */
export const NO_HOME = '/dev/null/HOME-is-not-set';
