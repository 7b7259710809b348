// @ts-check
// How the console builds and renews its page: trees are made anew each second and merged into what stands, so that focus,
// selection and scroll stay where they are. No inline style and no inline script: the content security policy forbids both.

const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set(['svg', 'g', 'rect', 'path', 'line', 'text', 'title', 'polyline', 'circle']);

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined>} attributes false, null and undefined are left out
 * @param {...(Child | readonly Child[])} children
 * @returns {Element}
 */
export function h(tag, attributes = {}, ...children) {
  const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(typeof child === 'object' ? child : String(child));
  }
  return element;
}

/**
 * Make the children of `place` like `wanted`, touching only what differs.
 * @param {Element} place
 * @param {readonly (Node | null)[]} wanted
 */
export function show(place, wanted) {
  const next = wanted.filter((node) => node !== null);
  next.forEach((node, index) => {
    const old = place.childNodes[index];
    if (old === undefined) place.append(node);
    else merge(old, node);
  });
  while (place.childNodes.length > next.length) place.lastChild?.remove();
}

/**
 * @param {ChildNode} old
 * @param {Node} next
 */
function merge(old, next) {
  if (old instanceof Element && next instanceof Element && old.tagName === next.tagName && keyOf(old) === keyOf(next)) {
    mergeAttributes(old, next);
    // What a person is typing is theirs.
    if (!(old instanceof HTMLInputElement)) show(old, [...next.childNodes]);
  } else if (old instanceof Text && next instanceof Text) {
    if (old.data !== next.data) old.data = next.data;
  } else old.replaceWith(next);
}

/**
 * @param {Element} old
 * @param {Element} next
 */
function mergeAttributes(old, next) {
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  // Whether a person has opened it is theirs.
  for (const { name } of [...old.attributes])
    if (name !== 'open' && !next.hasAttribute(name)) old.removeAttribute(name);
}

/** @param {Element} element */
function keyOf(element) {
  return element.getAttribute('data-key');
}

// --- numbers as people read them ---

const GROUPS = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** @param {number} value */
export function count(value) {
  return GROUPS.format(value);
}

/** @param {number} value a rate per second, or another number whose size varies */
export function short(value) {
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return GROUPS.format(value);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** @param {number | null} value */
export function ms(value) {
  if (value === null) return '–';
  if (value >= 1000) return `${(value / 1000).toFixed(value >= 10_000 ? 0 : 1)} s`;
  return `${value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)} ms`;
}

/**
 * @param {number} fraction
 * @param {number} digits
 */
export function percent(fraction, digits = 0) {
  const rounded = (fraction * 100).toFixed(digits);
  // Never a whole where something is missing, nor nothing where there is something.
  if (fraction < 1 && Number(rounded) === 100) return `> ${(100 - 10 ** -digits).toFixed(digits)} %`;
  if (fraction > 0 && Number(rounded) === 0) return `< ${(10 ** -digits).toFixed(digits)} %`;
  return `${rounded} %`;
}

/**
 * Whether errors deserve colour: more than one in a hundred calls.
 * @param {number} errors
 * @param {number} calls
 */
export function isGrave(errors, calls) {
  return errors > calls / 100;
}
