/* Looking through text: one long string per column, so that a key press is one pass and no row becomes an object. */
(function () {
  'use strict';
  const gisplan = window.gisplan;
  const CHUNK = 4000;       // rows made ready between two looks at the clock

  /* Case, full or half width, spaces and hyphens do not matter. Lines stay: they part the values. */
  const fold = gisplan.fold = text => text.normalize('NFKC').toLowerCase().replace(/[^\S\n]|[-\u00ad\u2010-\u2015\u2212\u2500]/g, '');

  class Column {
    constructor(table, key) {
      Object.assign(this, { table, key, done: 0 });
      // Values that repeat are looked through once each.
      this.list = table.columns[key].type === 'cat' ? table.codes(key) : null;
      this.n = this.list ? this.list.values.length : table.n;
      this.parts = ['\n']; this.starts = new Uint32Array(this.n + 1).fill(1); this.length = 1;
    }

    /* Make ready for at most so many milliseconds; whether all is. */
    prepare(time) {
      const until = performance.now() + time;
      while (this.done < this.n && performance.now() < until) this.more();
      if (this.done === this.n && this.parts) { this.text = this.parts.join(''); this.parts = null; }
      return !this.parts;
    }

    more() {
      const to = Math.min(this.n, this.done + CHUNK), said = [];
      for (let k = this.done; k < to; k++) {
        const value = this.list ? this.list.values[k] : this.table.value(this.key, k);
        said.push(value === null ? '' : String(value).replace(/\n/g, ' '));
      }
      const text = fold(said.join('\n')) + '\n';
      for (let k = this.done, at = 0; k < to; k++) {
        at = text.indexOf('\n', at) + 1;
        this.starts[k + 1] = this.length + at;
      }
      this.parts.push(text);
      this.length += text.length;
      this.done = to;
    }

    /* Raise the rank of every row that holds the folded query: 3 is it, 2 begins with it, 1 has it within. */
    match(query, ranks) {
      this.prepare(Infinity);
      const { text, starts, list } = this, found = list ? new Uint8Array(this.n + 1) : ranks;
      for (let at = text.indexOf(query, 1), k = 0; at >= 0; at = text.indexOf(query, at)) {
        while (starts[k + 1] <= at) k++;
        const rank = at > starts[k] ? 1 : starts[k + 1] - starts[k] === query.length + 1 ? 3 : 2;
        if (rank > found[k]) found[k] = rank;
        at = starts[k + 1];
      }
      if (list) for (let i = 0; i < ranks.length; i++) if (found[list.codes[i]] > ranks[i]) ranks[i] = found[list.codes[i]];
    }
  }

  /* Keys of the columns of a table that are looked through. */
  const searched = gisplan.searched = table => table.meta.kind === 'zone' ? ['name', 'zone_id']
    : table.meta.columns.filter(c => c.search).map(c => c.key);

  const columns = table => table.searchable || (table.searchable = searched(table).map(key => new Column(table, key)));

  /* Rank of every row of a table for a query; null when there is nothing to look for. */
  gisplan.search = function (table, query) {
    const folded = fold(query.replace(/\n/g, ' '));
    if (!folded) return null;
    const ranks = new Uint8Array(table.n);
    columns(table).forEach(column => column.match(folded, ranks));
    return ranks;
  };

  /* Make a table ready for searching while nothing else is to be done. */
  gisplan.prepare = function (table) {
    const left = columns(table).find(column => !column.prepare(10));
    if (left) setTimeout(() => gisplan.prepare(table), 4);
  };
})();
