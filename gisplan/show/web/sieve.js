/* Filters of one layer that combine: within a filter any of its values, across filters all of them. For every row it is
   kept how many filters turn it away, so that one filter's values can be counted under the others without asking those. */
(function () {
  'use strict';
  const gisplan = window.gisplan;
  const BINS = 28, WHOLE = 60;         // steps of a chart: of decimals, of years and other whole numbers

  /* What a layer can be filtered by: {key, label, kind: 'values' | 'range', …}; data is made when first asked for. */
  function facets(table) {
    const meta = table.meta, found = [], lazy = (facet, make) => {
      let made;
      found.push(Object.assign(facet, { data: () => made || (made = make()) }));
    };
    const known = label => found.some(f => gisplan.same(f.label, label));
    meta.colourings.filter(c => c.kind === 'class' && c.column).forEach(about => lazy({ key: 'class ' + about.id, label: about.label, kind: 'values', few: about.classes.length < 4 }, () => {
      const made = gisplan.colouring(table, about.id, 'natural'), last = made.hatched;
      return { codes: made.codes, n: last + 1, missing: last, name: made.name, color: code => made.colors[code], plain: code => code === last ? null : code, code: plain => plain === null ? last : plain };
    }));
    meta.columns.forEach(c => {
      const type = table.columns[c.key].type;
      if (type === 'date' ? c.filter : type === 'int' || type === 'float') lazy({ key: c.key, label: c.label, kind: 'range', unit: c.unit, years: type === 'date' }, () => range(table, c));
      else if (c.filter || type === 'bool' && !known(c.label)) lazy({ key: c.key, label: c.label, kind: 'values', few: type === 'bool' }, () => values(table, c));
    });
    meta.colourings.filter(c => c.kind === 'number' && !meta.columns.some(o => o.key === c.column)).forEach(c =>
      lazy({ key: c.column, label: c.label, kind: 'range', unit: c.unit }, () => range(table, { key: c.column, unit: c.unit })));
    // What one asks for first: classes and the register's columns, then yes and no, then years and other numbers.
    const rank = f => f.years ? 2 : f.kind === 'range' ? 3 : f.few ? 1 : 0;
    return [0, 1, 2, 3].reduce((all, r) => all.concat(found.filter(f => rank(f) === r)), []);
  }

  function values(table, about) {
    const { codes, values: list, missing } = table.codes(about.key);
    return {
      codes, n: missing + 1, missing, color: () => null,
      name: (code, lang) => gisplan.attribute(list[code], about.unit, lang),
      plain: code => code === missing ? null : list[code], code: plain => plain === null ? missing : list.indexOf(plain)
    };
  }

  function range(table, about) {
    const numbers = table.columns[about.key].type === 'date' ? years(table.days(about.key)) : table.numbers(about.key);
    let low = Infinity, high = -Infinity, none = 0;
    for (let i = 0; i < numbers.length; i++) {
      const v = numbers[i];
      if (v !== v) none++;
      else { if (v < low) low = v; if (v > high) high = v; }
    }
    return { numbers, low, high, none, times: about.unit === 'share' ? 100 : 1, bin: bins(numbers, low, high, table.columns[about.key].type) };
  }

  function years(days) {
    const kept = new Map(), out = new Float64Array(days.length);
    for (let i = 0; i < days.length; i++) {
      const day = days[i];
      if (!kept.has(day)) kept.set(day, day === gisplan.NO_DAY ? NaN : new Date(day * 864e5).getUTCFullYear());
      out[i] = kept.get(day);
    }
    return out;
  }

  /* Even steps from the least to the largest; of whole numbers each step holds as many. */
  function bins(numbers, low, high, type) {
    const whole = type !== 'float', span = high - low + (whole ? 1 : 0), step = (whole ? Math.ceil(span / WHOLE) : span / BINS) || 1;
    const count = low <= high ? Math.max(1, Math.min(WHOLE, Math.ceil(span / step * (1 - 1e-9)))) : 0, of = new Uint8Array(numbers.length);
    for (let i = 0; i < numbers.length; i++) of[i] = numbers[i] === numbers[i] ? Math.min(count - 1, (numbers[i] - low) / step) : 255;
    return { of, count, whole, from: k => low + k * step, to: k => low + (k + 1) * step - (whole ? 1 : 0) };
  }

  class Sieve {
    constructor(table) {
      Object.assign(this, { table, n: table.n, facets: facets(table), set: {}, pass: {}, fails: new Uint8Array(table.n) });
    }

    facet(key) { return this.facets.find(f => f.key === key); }
    get active() { return Object.keys(this.set); }

    /* A filter as plain JSON: {is: [value or null]}, {text}, or {from, to, none}: limits as shown, and whether rows
       without a number are wanted (those alone where there is no limit). null takes the filter away. */
    put(key, given) {
      const filter = this.clean(key, given), pass = filter && this.passing(key, filter), before = this.pass[key], fails = this.fails, n = this.n;
      if (before) for (let i = 0; i < n; i++) fails[i] -= 1 - before[i];
      if (pass) for (let i = 0; i < n; i++) fails[i] += 1 - pass[i];
      delete this.set[key]; delete this.pass[key];
      if (pass) { this.set[key] = filter; this.pass[key] = pass; }
    }

    /* What of a filter can be meant here: a link may have been typed, or be of another map. */
    clean(key, given) {
      const facet = this.facet(key), number = v => typeof v === 'number' && isFinite(v) ? v : null;
      if (!given || typeof given !== 'object') return null;
      if (key === 'text') return typeof given.text === 'string' ? { text: given.text } : null;
      if (!facet) return null;
      if (facet.kind === 'range') return { from: number(given.from), to: number(given.to), none: given.none === true };
      const data = facet.data(), known = v => { const code = data.code(v); return Number.isInteger(code) && code >= 0 && code < data.n; };
      return { is: (Array.isArray(given.is) ? given.is : []).filter(known) };
    }

    passing(key, filter) {
      if (key === 'text') {
        const ranks = gisplan.search(this.table, filter.text);
        return ranks && ranks.map(r => r ? 1 : 0);
      }
      const data = this.facet(key).data(), out = new Uint8Array(this.n);
      if (filter.is) {
        if (!filter.is.length) return null;
        const keep = new Uint8Array(data.n), codes = data.codes;
        filter.is.forEach(plain => { keep[data.code(plain)] = 1; });
        for (let i = 0; i < this.n; i++) out[i] = keep[codes[i]];
        return out;
      }
      // As shown, a share is a hundred times itself, and what is shown equal must be equal.
      const numbers = data.numbers, least = edge(filter.from, data.times, -1), most = edge(filter.to, data.times, 1), none = filter.none ? 1 : 0;
      if (!gisplan.limited(filter) && !none) return null;
      const within = gisplan.limited(filter) ? 1 : 0;
      for (let i = 0; i < this.n; i++) {
        const v = numbers[i];
        out[i] = v !== v ? none : v >= least && v <= most ? within : 0;
      }
      return out;
    }

    /* 1 for each row that passes all filters; null when there is none. */
    mask() {
      if (!this.active.length) return null;
      const out = new Uint8Array(this.n);
      for (let i = 0; i < this.n; i++) if (!this.fails[i]) out[i] = 1;
      return out;
    }

    /* Rows of each value, or of each step of a range, that pass the other filters; the last is "no data". */
    counts(key) {
      const data = this.facet(key).data(), own = this.pass[key], fails = this.fails, kinds = data.codes || data.bin.of;
      const out = new Uint32Array(data.codes ? data.n : 256);
      for (let i = 0; i < this.n; i++) if (fails[i] === (own ? 1 - own[i] : 0)) out[kinds[i]]++;
      return out;
    }
  }

  const edge = (shown, times, way) => !given(shown) ? way * Infinity : shown / times + way * 1e-12 * Math.max(1, Math.abs(shown));

  const given = v => v !== null && v !== undefined;
  gisplan.limited = filter => given(filter.from) || given(filter.to);
  gisplan.sieve = table => table.sieve || (table.sieve = new Sieve(table));
})();
