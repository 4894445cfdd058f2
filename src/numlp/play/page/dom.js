// Small helpers for elements.

export const $ = (id) => document.getElementById(id);

/** Make an element: attributes that are functions listen, `text` is its text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Set the text of an element if it is another one: nothing is laid out anew in vain. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Fit a canvas to its box and the screen's pixels; return its context, in CSS pixels, and size. */
export function fitted(canvas) {
  const dense = Math.min(window.devicePixelRatio || 1, 2);
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const [w, h] = [Math.round(width * dense), Math.round(height * dense)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext("2d");
  context.setTransform(dense, 0, 0, dense, 0, 0);
  return { context, width, height };
}
