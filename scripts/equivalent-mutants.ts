/** Places of src/job and src/log that may be broken so without any difference, and why. */
export const EQUIVALENT: Readonly<Record<string, string>> = {};
