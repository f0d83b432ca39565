// The little of the DOM that the pages need, without a framework.

const SVG = 'http://www.w3.org/2000/svg';

/** Makes an element; `on…` properties are listeners, the others attributes. */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else {
      attribute(element, name, value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets an attribute, or takes it away for null and false; does nothing if it is so already. */
export function attribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** Writes a text only if it differs, so that nothing flickers and no reader repeats itself. */
export function text(element, value) {
  if (element.textContent !== value) {
    element.textContent = value;
  }
}

/** Replaces the children only if what they are made from differs. */
export function redraw(element, key, make) {
  const mark = JSON.stringify(key);
  if (element.drawnFrom !== mark) {
    element.drawnFrom = mark;
    element.replaceChildren(...[make()].flat().filter((child) => child !== null));
  }
}

/** Puts elements in order with as few moves as the order needs. */
export function arrange(parent, elements) {
  elements.forEach((element, i) => {
    if (parent.children[i] !== element) {
      parent.insertBefore(element, parent.children[i] ?? null);
    }
  });
  while (parent.children.length > elements.length) {
    parent.lastElementChild.remove();
  }
}

export const byId = (id) => document.getElementById(id);
