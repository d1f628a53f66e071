/* What is listed as a table that a spreadsheet opens: text stays text, and no cell runs as a formula. */
(function () {
  'use strict';
  const gisplan = window.gisplan;
  const LINES = 2000;

  const quoted = text => /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  /* A spreadsheet takes text that begins so for a formula; an apostrophe before it makes it text again. */
  const safe = value => typeof value === 'number' ? String(value) : quoted(/^[=+\-@\t\r]/.test(value) ? "'" + value : value);

  /* Parts of the file, in the order of `rows`. */
  gisplan.csv = function (view, table, rows) {
    const fields = gisplan.fields(table), lang = view.state.lang;
    const head = f => { const unit = gisplan.unit(f.unit === 'share' ? '' : f.unit, lang); return view.say(f.label) + (unit ? ' (' + unit + ')' : ''); };
    const parts = ['\ufeff' + fields.map(f => safe(head(f))).join(',') + '\r\n'];
    for (let a = 0; a < rows.length; a += LINES) {
      let text = '';
      for (let k = a; k < Math.min(rows.length, a + LINES); k++) text += fields.map(f => safe(f.cell(rows[k], lang))).join(',') + '\r\n';
      parts.push(text);
    }
    return parts;
  };

  gisplan.saveCsv = function (view, layer, rows) {
    const link = document.createElement('a'), url = URL.createObjectURL(new Blob(gisplan.csv(view, layer.table, rows), { type: 'text/csv;charset=utf-8' }));
    const name = view.say(view.config.title) + ' ' + view.say(layer.table.meta.label);
    link.href = url;
    link.download = name.replace(/[\u0000-\u001f\\/:*?"<>|.]+/g, ' ').trim().slice(0, 80) + '.csv';
    view.root.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  };
})();
