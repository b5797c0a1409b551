const START = '\n<!-- hierarchical: made by hierarchical.mjs -->\n';

/** The part of the page that hierarchical.mjs makes; empty where there is none yet. */
export function sectionOf(page) {
  const at = page.indexOf(START);
  return at < 0 ? '' : page.slice(at);
}

export function withSection(page, text) {
  return page.slice(0, page.length - sectionOf(page).length) + START + text;
}
