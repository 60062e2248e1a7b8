// Opens every page in Chromium as its readers do: wide and light, wide and dark, on a phone, on
// paper. Prints a line for every page and check, and ends with 1 where anything was found.
// Usage: node check.mjs FILE.html…, where CHROMIUM names the browser and CHECK_MODULES the folder
// of the packages; run.sh does both.
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const modules = createRequire(join(resolve(process.env.CHECK_MODULES ?? '.'), 'package.json'));
const puppeteer = modules('puppeteer-core');
const axe = readFileSync(modules.resolve('axe-core/axe.min.js'), 'utf8');

/** A4 between margins of 10 mm, in CSS pixels. */
const PAPER = { width: 718, height: 1047 };
const SCREENS = [
  { name: 'light', colours: 'light', media: 'screen', size: { width: 1440, height: 900 } },
  { name: 'dark', colours: 'dark', media: 'screen', size: { width: 1440, height: 900 } },
  { name: 'phone', colours: 'light', media: 'screen', size: { width: 390, height: 844, deviceScaleFactor: 2 } },
  { name: 'print', colours: 'dark', media: 'print', size: PAPER },
];
/** Letters of a figure that are smaller than this cannot be read on a phone. */
const SMALLEST_LETTERS = 8;
/** Contrast of letters with their ground that WCAG asks for at level AA. */
const CONTRAST = 4.5;
/** Rows of a table that the rules look at; rows of one table are alike, and looking takes long. */
const ROWS = 12;
/** Of what is found, so many places are named. */
const NAMED = 4;

let findings = 0;

/** One line for a check; `found` is a list of places, empty where all is well. */
function tell(page, check, found) {
  const some = found.slice(0, NAMED).join('; ') + (found.length > NAMED ? `; and ${found.length - NAMED} more` : '');
  console.log(`${page}  ${check}: ${found.length ? `FOUND ${found.length}: ${some}` : 'ok'}`);
  findings += found.length ? 1 : 0;
}

/** What every script in a page may use: a short name of an element. */
const helpers = () => {
  globalThis.called = (element) => {
    const id = element.closest('[id]')?.id;
    const text = element.textContent.trim().replace(/\s+/g, ' ').slice(0, 40);
    return `${element.localName}${id ? ` in #${id}` : ''} “${text}”`;
  };
};

/** A tab that loads the page alone; what it asks for and what it complains about is kept. */
async function open(browser, file) {
  const tab = await browser.newPage();
  const seen = { requests: [], errors: [] };
  const address = pathToFileURL(file).href;
  await tab.setRequestInterception(true);
  tab.on('request', (request) => {
    const url = request.url();
    if (url.split('#')[0] === address || url.startsWith('data:')) return request.continue();
    seen.requests.push(url);
    return request.abort();
  });
  tab.on('console', (message) => ['error', 'warn'].includes(message.type()) && seen.errors.push(message.text()));
  tab.on('pageerror', (error) => seen.errors.push(error.message));
  await tab.goto(address, { waitUntil: 'load' });
  await tab.evaluate(helpers);
  return { tab, seen };
}

/** Shows the page as one of its readers has it. Medium and colours are set by one call, since each
 *  call undoes what another has set. */
async function show(tab, { size, colours, media }) {
  await tab.setViewport(size);
  const client = await tab.createCDPSession();
  await client.send('Emulation.setEmulatedMedia', { media, features: [{ name: 'prefers-color-scheme', value: colours }] });
  const dark = await tab.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
  if (dark !== (colours === 'dark')) throw new Error(`the browser does not show ${colours} colours`);
}

/** What reaches beyond the right edge, outside of what scrolls by itself. */
const wide = (room) => {
  const found = [...document.body.querySelectorAll('*')].filter((element) => {
    const inside = element.parentElement.closest('.scroll, svg') && element.localName !== 'caption';
    const box = element.getBoundingClientRect();
    return !inside && box.width > 0 && box.right > room + 0.5;
  });
  const page = document.scrollingElement.scrollWidth;
  const spills = (box) => box.scrollWidth > box.clientWidth + 1 && !box.closest('.scroll');
  if (page > room) found.push(...[...document.querySelectorAll('p, li, dd, dt, h1, h2, h3')].filter(spills));
  const deepest = found.filter((element) => !found.some((other) => other !== element && element.contains(other)));
  const end = (element) => Math.round(element.getBoundingClientRect().left + Math.max(element.scrollWidth, element.getBoundingClientRect().width));
  const places = deepest.map((element) => `${called(element)} ends at ${end(element)}`);
  return page > room ? [`the page is ${page} wide`, ...places] : places;
};

/** What still scrolls sideways on paper, where nobody can scroll. */
const cut = () =>
  [...document.querySelectorAll('.scroll')]
    .filter((box) => box.scrollWidth > box.clientWidth + 1)
    .map((box) => `${called(box)} is ${box.scrollWidth} wide in ${box.clientWidth}`);

/** Letters in figures that are too small. */
const small = (least) => {
  const letters = [...document.querySelectorAll('figure svg text')].filter((text) => text.textContent.trim());
  return letters.flatMap((text) => {
    const size = parseFloat(getComputedStyle(text).fontSize) * (text.getScreenCTM()?.a ?? 0);
    return size > 0 && size < least ? [`${called(text)} ${size.toFixed(1)} px`] : [];
  });
};

/** Stops of the Tab key that nobody sees: out of view, or without an outline. */
const unseen = () =>
  [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')].flatMap((element) => {
    if (!element.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })) return [];
    element.focus({ focusVisible: true });
    if (document.activeElement !== element) return [];
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const out = box.right <= 0 || box.left >= innerWidth || box.bottom <= 0 || box.top >= innerHeight;
    const plain = style.outlineStyle === 'none' && style.boxShadow === 'none';
    return out ? [`${called(element)} is out of view`] : plain ? [`${called(element)} shows no focus`] : [];
  });

/** Words of tables that are broken in two, though none of them is longer than the page is wide. */
const broken = () => {
  const range = document.createRange();
  const found = [];
  for (const cell of document.querySelectorAll('th, td, caption')) {
    if (!cell.checkVisibility() || cell.getBoundingClientRect().right < 0) continue;
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement.closest('svg')) continue;
      for (const word of node.data.matchAll(/[\p{L}\p{N}.]{2,}/gu)) {
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
        if (lines.size > 1) found.push(`“${word[0]}” in ${called(cell)}`);
      }
    }
  }
  return found;
};

/** Text of a card that has slipped below the label, out of the column of values. */
const slipped = () => {
  const range = document.createRange();
  return [...document.querySelectorAll('table.cards')].flatMap((table) => {
    const cells = [...table.querySelectorAll('td')].filter((cell) => cell.checkVisibility());
    const lefts = cells.map((cell) => {
      range.selectNodeContents(cell);
      return Math.min(...[...range.getClientRects()].filter((box) => box.width > 0).map((box) => box.left));
    });
    const values = [...lefts].filter(Number.isFinite).sort((a, b) => b - a)[0];
    return cells.filter((_, index) => lefts[index] < values - 2).map((cell) => called(cell));
  });
};

/** Letters of figures too faint for their ground. */
const faint = (least) => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const ground = light(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll('figure svg text')].flatMap((text) => {
    const own = light(getComputedStyle(text).fill);
    const ratio = Math.max(own, ground) / Math.min(own, ground);
    return ratio < least ? [`${called(text)} ${ratio.toFixed(1)}`] : [];
  });
};

/** Links that lead nowhere on the page; links to files come back for a look at the folder. */
const links = () => {
  const all = [...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href'));
  const dead = all.filter((href) => href.startsWith('#') && !document.getElementById(decodeURIComponent(href.slice(1))));
  return { dead, files: [...new Set(all.filter((href) => !/^(#|\w+:)/.test(href)))] };
};

/** Folded parts whose content is not drawn. */
const folded = () =>
  [...document.querySelectorAll('details')].flatMap((details) => {
    const hidden = [...details.children].filter((child) => {
      const drawn = child.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
      return child.localName !== 'summary' && !(drawn && child.getBoundingClientRect().height > 0);
    });
    return hidden.length ? [called(details)] : [];
  });

/** Makes the page ready for axe: folded parts open, and what is alike once. Letters of figures are
 *  looked at above, since axe cannot tell what lies behind them. */
const ready = (rows) => {
  document.querySelectorAll('details').forEach((details) => { details.open = true; });
  document.querySelectorAll('tbody').forEach((body) => [...body.rows].slice(rows).forEach((row) => row.remove()));
  document.querySelectorAll('figure svg').forEach((svg) => svg.replaceChildren());
};

/** Every rule of axe; what is less than serious is let pass. */
async function rules(tab) {
  const { violations } = await tab.evaluate(() => {
    const every = globalThis.axe.getRules().map(({ ruleId }) => [ruleId, { enabled: true }]);
    return globalThis.axe.run(document, { resultTypes: ['violations'], rules: Object.fromEntries(every) });
  });
  const at = ({ nodes }) => `${nodes.length}×, as at ${nodes[0].target.join(' ')}`;
  return violations
    .filter((rule) => ['serious', 'critical'].includes(rule.impact))
    .map((rule) => `${rule.id} (${rule.impact}): ${rule.help}, ${at(rule)}`);
}

/** Filters and sorts the table of verdicts by keys alone; nothing where there is no such table. */
async function keyboard(tab) {
  if (!(await tab.$('table.verdicts')) || !(await tab.$('form.filters'))) return null;
  const found = [];
  const rows = () =>
    tab.evaluate(() => {
      const shown = [...document.querySelectorAll('table.verdicts tbody tr')].filter((row) => row.checkVisibility());
      return shown.map((row) => [...row.cells].map((cell) => cell.innerText));
    });
  const at = (selector) => tab.evaluate((selector) => document.activeElement.matches(selector), selector);
  const reach = async (selector) => {
    for (let presses = 0; presses < 400; presses += 1) {
      await tab.keyboard.press('Tab');
      if (await at(selector)) return true;
    }
    found.push(`the Tab key never reaches ${selector}`);
    return false;
  };
  const whole = await rows();
  // A page of one case has no column of cases.
  const heads = await tab.$$eval('table.verdicts thead th', (cells) => cells.map((cell) => cell.textContent.trim()));
  const place = (name) => {
    if (!heads.includes(name)) found.push(`there is no column “${name}”`);
    return heads.indexOf(name);
  };
  const verdict = place('verdict');
  const count = () => tab.evaluate(() => document.querySelector('form.filters output').value);
  if (await reach('form.filters select')) {
    // The first word that the table holds, typed as a reader would.
    const word = await tab.evaluate(() => document.querySelector('table.verdicts tbody .word').classList[1]);
    await tab.keyboard.type(word.replaceAll('_', ' '));
    const shown = await rows();
    const fit = whole.filter((row) => row[verdict].includes(word.replaceAll('_', ' ')));
    if (shown.length !== fit.length) found.push(`“${word}” shows ${shown.length} rows, ${fit.length} fit`);
    if (!(await count()).startsWith(`${fit.length} of ${whole.length}`)) found.push(`the count says “${await count()}”`);
    await tab.keyboard.press('Home');
    if ((await rows()).length !== whole.length) found.push('“all verdicts” does not show all again');
  }
  if (await reach('form.filters input')) {
    const claim = whole.at(-1)[0].split('\n')[0];
    await tab.keyboard.type(claim);
    const shown = await rows();
    const fit = whole.filter((row) => row.join(' ').includes(claim));
    if (!shown.length || shown.length !== fit.length) found.push(`the text “${claim}” shows ${shown.length} rows, ${fit.length} fit`);
    for (const _ of claim) await tab.keyboard.press('Backspace');
    if ((await rows()).length !== whole.length) found.push('an empty text does not show all again');
  }
  for (const name of ['claim', 'estimate']) {
    const column = place(name);
    if (!(await reach(`table.verdicts thead th:nth-child(${column + 1}) button`))) continue;
    for (const [key, way] of [['Enter', 'ascending'], ['Space', 'descending']]) {
      await tab.keyboard.press(key);
      const head = `table.verdicts thead th:nth-child(${column + 1})`;
      const said = await tab.$eval(head, (cell) => cell.getAttribute('aria-sort'));
      const cells = (await rows()).map((row) => row[column].trim().split('\n')[0]);
      const numbers = cells.map((cell) => parseFloat(cell.replace('−', '-'))).filter((value) => !Number.isNaN(value));
      const values = column === 0 ? cells : numbers;
      const sign = way === 'ascending' ? 1 : -1;
      const compare = (a, b) => sign * (typeof a === 'number' ? a - b : a.localeCompare(b));
      if (said !== way) found.push(`${key} on “${name}” says ${said}, not ${way}`);
      const wrong = values.some((value, index) => index && compare(values[index - 1], value) > 0);
      if (wrong) found.push(`“${name}” is not ${way}: ${values.slice(0, 6).join(', ')}`);
    }
  }
  return found;
}

/** Sets small letters that no one sees at the ends of what must stay on one page of paper. They
 *  take no room, and tell afterwards on which page their place has come to lie. All is looked at
 *  before anything is set, since each change would have the page laid out anew. */
const mark = (room) => {
  const HEADINGS = 'h1, h2, h3, h4, summary, caption, dt, thead, .question';
  const names = [];
  const places = [];
  const put = (parent, before, name) => places.push([parent, before, name]);
  for (const row of document.querySelectorAll('tr')) {
    if (!row.checkVisibility() || row.getBoundingClientRect().height > room) continue;
    const name = `zqr${names.length}z`;
    names.push([name, 'row', called(row)]);
    for (const cell of row.cells) {
      const blocks = [...cell.children].filter((child) => getComputedStyle(child).display === 'block' && child.localName !== 'svg');
      put(cell, cell.firstChild, name);
      put(blocks.at(-1) ?? cell, null, name);
      names.push([`zqc${names.length}z`, 'cell', called(cell)]);
      put(blocks.at(-1) ?? cell, null, names.at(-1)[0]);
    }
  }
  // From the end to the start, so that what follows a heading is known when it comes up.
  const nodes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ALL);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) nodes.push(node);
  const holds = `${HEADINGS}, script, style, svg, nav, form`;
  let content = null;
  for (const node of nodes.reverse()) {
    const holder = node.parentElement;
    if (node.nodeType === 1 && node.matches(HEADINGS)) {
      if (!content || !node.checkVisibility() || node.closest('nav')) continue;
      const name = `zqh${names.length}z`;
      names.push([name, 'heading', called(node)]);
      put(node.localName === 'thead' ? node.rows[0].cells[0] : node, null, name);
      put(content.parentElement, content, name);
    } else if ((node.nodeType === 3 && node.data.trim()) || node.localName === 'svg') {
      if (!holder.closest(holds)) content = node;
    }
  }
  for (const [parent, before, name] of places) {
    const sign = document.createElement('span');
    sign.textContent = name;
    const look = 'position:absolute;font:1px/1px monospace;color:transparent;white-space:nowrap';
    sign.setAttribute('style', `${look};width:auto;margin:0;padding:0;border:0`);
    parent.insertBefore(sign, before);
  }
  return names;
};

/** The page on A4, and every word of it with its place. */
async function onPaper(tab) {
  const folder = mkdtempSync(join(tmpdir(), 'page-check-'));
  const names = await tab.evaluate(mark, PAPER.height);
  const pdf = join(folder, 'page.pdf');
  const margin = { top: '10mm', right: '10mm', bottom: '10mm', left: '10mm' };
  writeFileSync(pdf, await tab.pdf({ format: 'A4', margin, printBackground: false }));
  const text = execFileSync('pdftotext', ['-bbox', pdf, '-'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  rmSync(folder, { recursive: true });
  const places = new Map();
  const outside = [];
  let pages = 0;
  for (const part of text.split('<page ').slice(1)) {
    pages += 1;
    const [width, height] = [/width="([\d.]+)"/, /height="([\d.]+)"/].map((size) => parseFloat(size.exec(part)[1]));
    for (const [, box, word] of part.matchAll(/<word ([^>]*)>(.*?)<\/word>/g)) {
      const [left, top, right, bottom] = box.match(/-?\d[\d.]*/g).map(Number);
      const signs = word.match(/zq[rch]\d+z/g) ?? [];
      for (const sign of signs) places.set(sign, (places.get(sign) ?? new Set()).add(pages));
      const beyond = left < -1 || top < -1 || right > width + 1 || bottom > height + 1;
      if (!signs.length && beyond) outside.push(`“${word}” on page ${pages}`);
    }
  }
  const pagesOf = (name) => [...(places.get(name) ?? [])];
  const apart = (kind) =>
    names
      .filter(([name, what]) => what === kind && pagesOf(name).length > 1)
      .map(([name, , said]) => `${said}, pages ${pagesOf(name).join(' and ')}`);
  const lost = names.filter(([name]) => !places.has(name)).map(([, , said]) => said);
  return { split: apart('row'), orphans: apart('heading'), outside, lost, pages };
}

async function check(browser, file) {
  const name = file.split('/').slice(-2).join('/');
  const { tab, seen } = await open(browser, file);
  for (const screen of SCREENS) {
    const told = (what, found) => tell(name, `${screen.name}, ${what}`, found);
    await show(tab, screen);
    told('nothing wider than the page', await tab.evaluate(wide, screen.size.width));
    if (screen.name !== 'dark') told('no word of a table broken in two', await tab.evaluate(broken));
    if (screen.media === 'screen' && screen.name !== 'phone') told('letters of figures stand out', await tab.evaluate(faint, CONTRAST));
    if (screen.name === 'light') {
      const { dead, files } = await tab.evaluate(links);
      told('links lead somewhere', [...dead, ...files.filter((href) => !existsSync(join(dirname(file), href)))]);
    }
    if (screen.name === 'light' || screen.name === 'phone') told('every stop of the Tab key is seen', await tab.evaluate(unseen));
    if (screen.name === 'phone') {
      told(`letters of figures from ${SMALLEST_LETTERS} px`, await tab.evaluate(small, SMALLEST_LETTERS));
      told('values of cards beside their labels', await tab.evaluate(slipped));
    }
    if (screen.name === 'print') {
      told('no table is cut', await tab.evaluate(cut));
      told('folded parts are open without a script', await tab.evaluate(folded));
    }
  }
  await show(tab, SCREENS[0]);
  const keys = await keyboard(tab);
  if (keys) tell(name, 'filter and order by keys', keys);
  await tab.evaluate(ready, ROWS);
  await tab.evaluate(axe);
  for (const screen of SCREENS) {
    await show(tab, screen);
    tell(name, `${screen.name}, rules of axe`, await rules(tab));
  }
  await show(tab, SCREENS[0]);
  await tab.reload();
  await tab.evaluate(helpers);
  await show(tab, SCREENS.find((screen) => screen.media === 'print'));
  const paper = await onPaper(tab);
  tell(name, `paper, ${paper.pages} pages, no row on two of them`, paper.split);
  tell(name, 'paper, no heading without what it heads', paper.orphans);
  tell(name, 'paper, no word beyond the edge', paper.outside);
  tell(name, 'paper, no cell and no heading is cut off', paper.lost);
  tell(name, 'nothing is asked of the network', seen.requests);
  tell(name, 'the console is silent', seen.errors);
  await tab.close();
}

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  for (const file of process.argv.slice(2)) await check(browser, resolve(file));
} finally {
  await browser.close();
}
console.log(findings ? `${findings} checks found something` : 'all checks passed');
process.exit(findings ? 1 : 0);
