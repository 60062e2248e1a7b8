// Sorts and filters the table of verdicts, and opens what is folded for print.
const table = document.querySelector('table.verdicts');
const form = document.querySelector('form.filters');
if (table && form) {
  form.hidden = false;
  const rows = [...table.tBodies[0].rows];
  const filter = () => {
    const word = form.elements.word.value, text = form.elements.text.value.toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = (!word || row.querySelector('.word.' + word)) && row.textContent.toLowerCase().includes(text);
      row.hidden = !fits;
      if (fits) shown += 1;
    }
    form.elements.count.value = shown + ' of ' + rows.length;
  };
  form.addEventListener('input', filter);
  form.addEventListener('submit', (event) => event.preventDefault());
  filter();
  const value = (row, column) => {
    const text = row.cells[column].textContent.trim(), number = parseFloat(text.replace('−', '-').replace(/^[<>] ?/, ''));
    return Number.isNaN(number) ? text : number;
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const order = (a, b) => {
        const [x, y] = [value(a, column), value(b, column)];
        return typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
      };
      rows.sort((a, b) => (down ? order(b, a) : order(a, b))).forEach((row) => table.tBodies[0].append(row));
    });
  });
}
addEventListener('beforeprint', () => document.querySelectorAll('details').forEach((folded) => { folded.open = true; }));
