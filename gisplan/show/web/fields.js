/* What can be told of each row of a layer, as text, as a rank to sort by, and as a cell of a table. */
(function () {
  'use strict';
  const gisplan = window.gisplan;
  const MANY = 20000;       // more different texts than this are sorted by letter, not by language
  const ZONE = { zh: '分区', en: 'Zone' }, ZONE_ID = { zh: '分区编号', en: 'Zone id' };
  const collator = new Intl.Collator('zh', { numeric: true });

  /* {id, label, unit, text(row, lang), cell(row, lang), order()} of every column and class of a layer. */
  gisplan.fields = function (table) {
    const meta = table.meta;
    if (table.fields) return table.fields;
    const own = meta.kind === 'zone'
      ? [{ key: 'name', label: ZONE, unit: '' }, { key: 'zone_id', label: ZONE_ID, unit: '' }] : meta.columns;
    table.fields = own.map(c => ({
      id: c.key, label: c.label, unit: c.unit,
      text: (row, lang) => gisplan.attribute(table.value(c.key, row), c.unit, lang),
      cell: (row, lang) => cell(table.value(c.key, row), lang),
      order: () => byColumn(table, c.key)
    }));
    (meta.colourings || []).filter(c => c.kind === 'class' && c.column && !own.some(o => same(o.label, c.label))).forEach(about => {
      const made = gisplan.colouring(table, about.id, 'natural');
      const text = (row, lang) => made.codes[row] === made.hatched ? '' : made.name(made.codes[row], lang);
      table.fields.push({
        id: 'class ' + about.id, label: about.label, unit: '', cell: text, text: (row, lang) => text(row, lang) || '—',
        order: () => byRank(made.codes, made.colors.map((_, k) => k), made.hatched)
      });
    });
    return table.fields;
  };

  const same = gisplan.same = (a, b) => a.zh === b.zh && a.en === b.en;

  /* As in a table of figures: numbers bare, nothing where nothing is known. */
  const cell = (value, lang) => value === null ? '' : typeof value === 'boolean' ? gisplan.word(value ? 'yes' : 'no', lang) : value;

  /* Rows in rising order; the first `known` of them have a value. */
  function byColumn(table, key) {
    const type = table.columns[key].type;
    if (type === 'date') return byNumber(Float64Array.from(table.days(key), d => d === gisplan.NO_DAY ? NaN : d));
    if (type === 'int' || type === 'float' || type === 'bool') return byNumber(table.numbers(key));
    if (type === 'cat') {
      const { codes, values, missing } = table.codes(key);
      return byRank(codes, values.map((_, k) => k).sort((a, b) => collator.compare(values[a], values[b])), missing);
    }
    const texts = Array.from({ length: table.n }, (_, row) => table.value(key, row));
    if (table.n <= MANY) return sorted(table.n, i => texts[i] === null, (a, b) => collator.compare(texts[a], texts[b]) || a - b);
    const heads = headsOf(texts);
    return sorted(table.n, i => texts[i] === null, (a, b) => heads[a] - heads[b] || (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : a - b));
  }

  /* The three letters after what all texts begin with, as a number: it settles most comparisons without the text. */
  function headsOf(texts) {
    const first = texts.find(t => t !== null) || '';
    let shared = first.length;
    for (let i = 0; i < texts.length; i++) {
      const t = texts[i];
      if (t !== null) while (t.slice(0, shared) !== first.slice(0, shared)) shared--;
    }
    const letter = (t, k) => shared + k < t.length ? t.charCodeAt(shared + k) + 1 : 0;
    return Float64Array.from(texts, t => t === null ? 0 : (letter(t, 0) * 65537 + letter(t, 1)) * 65537 + letter(t, 2));
  }

  const byNumber = numbers => sorted(numbers.length, i => numbers[i] !== numbers[i], (a, b) => numbers[a] - numbers[b] || a - b);

  function sorted(n, absent, compare) {
    const rows = new Uint32Array(n);
    let known = 0, last = n;
    for (let i = n - 1; i >= 0; i--) if (absent(i)) rows[--last] = i;
    for (let i = 0; i < n; i++) if (!absent(i)) rows[known++] = i;
    rows.subarray(0, known).sort(compare);
    return { rows, known };
  }

  /* Rows by the place of their code in `inOrder`: counted, not compared. */
  function byRank(codes, inOrder, missing) {
    const place = new Uint32Array(inOrder.length + 1), at = new Uint32Array(inOrder.length + 2), rows = new Uint32Array(codes.length);
    inOrder.filter(code => code !== missing).concat(missing).forEach((code, k) => { place[code] = k; });
    for (let i = 0; i < codes.length; i++) at[place[codes[i]] + 1]++;
    for (let k = 1; k < at.length; k++) at[k] += at[k - 1];
    const known = missing >= 0 ? at[place[missing]] : codes.length;
    for (let i = 0; i < codes.length; i++) rows[at[place[codes[i]]]++] = i;
    return { rows, known };
  }

  /* Degrees around rows of a table; null when none of them has a geometry. */
  gisplan.extent = function (table, rows) {
    const B = table.box;
    let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
    for (let k = 0; k < rows.length; k++) {
      const i = 4 * rows[k];
      if (!(B[i] <= B[i + 2])) continue;
      west = Math.min(west, B[i]); north = Math.min(north, B[i + 1]); east = Math.max(east, B[i + 2]); south = Math.max(south, B[i + 3]);
    }
    if (west === Infinity) return null;
    const at = (x, y) => L.latLng(gisplan.latitude(y + table.oy), (x + table.ox) / (256 * Math.pow(2, gisplan.ZOOM)) * 360 - 180);
    return L.latLngBounds(at(west, south), at(east, north));
  };

  /* A place in a feature: the middle of the longest stretch of its middle parallel, or of its line. */
  gisplan.within = function (table, row) {
    const chains = table.latlngs(row);
    if (!chains.length) return null;
    if (table.kind[row] !== 3) { const c = chains[0]; return L.latLng(c[c.length >> 1]); }
    const box = gisplan.extent(table, [row]), lat = (box.getNorth() + box.getSouth()) / 2, cuts = [];
    chains.forEach(c => c.forEach((b, k) => {
      const a = c[(k || c.length) - 1];
      if (a[0] > lat !== b[0] > lat) cuts.push(a[1] + (lat - a[0]) / (b[0] - a[0]) * (b[1] - a[1]));
    }));
    cuts.sort((a, b) => a - b);
    let best = [box.getWest(), box.getWest()];
    for (let k = 0; k + 1 < cuts.length; k += 2) if (cuts[k + 1] - cuts[k] > best[1] - best[0]) best = [cuts[k], cuts[k + 1]];
    return L.latLng(lat, (best[0] + best[1]) / 2);
  };
})();
