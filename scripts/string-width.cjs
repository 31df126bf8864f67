// In the place of `string-width`, for all that measure with version 4: most of what is measured is
// plain ASCII, one column each. For that it is not worth loading, and its expression for emoji
// takes as long to compile as a table to be drawn.
const PLAIN = /^[ -~]*$/;

module.exports = (text) =>
  typeof text === 'string' && PLAIN.test(text) ? text.length : require('string-width')(text);
