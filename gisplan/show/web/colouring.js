/* How rows are coloured: a code per row, a colour per code, and what the legend says of each. The last code is "no data". */
(function () {
  'use strict';
  const gisplan = window.gisplan;
  const NONE = '#cccccc';
  const plain = value => gisplan.plain(value);

  /* Colours of n classes, from the ends of a ramp inwards. */
  function shades(ramp, n) {
    return Array.from({ length: n }, (_, k) => ramp[n === 1 ? ramp.length >> 1 : Math.round(k * (ramp.length - 1) / (n - 1))]);
  }

  /* Class of every number: the first whose upper limit is not below it; NaN is "no data". */
  function classify(numbers, breaks, times) {
    const n = breaks.length, out = new Uint16Array(numbers.length);
    for (let i = 0; i < numbers.length; i++) {
      const v = numbers[i] * times;
      let k = 0;
      if (v !== v) k = n + 1;
      else while (k < n && v > breaks[k]) k++;
      out[i] = k;
    }
    return out;
  }

  /* What a class of numbers is called. */
  function range(breaks, k, only) {
    if (!breaks.length) return only;
    if (k === 0) return '≤ ' + plain(breaks[0]);
    return k === breaks.length ? '> ' + plain(breaks[k - 1]) : plain(breaks[k - 1]) + ' – ' + plain(breaks[k]);
  }

  /* Differences: as many classes below zero as above it, with the same limits, and one for no difference at all. */
  function byDifference(numbers, about, scheme) {
    const limits = about.schemes[scheme] || about.schemes.natural, times = about.unit === 'share' ? 100 : 1;
    const reach = limits.length + 1, flat = numbers.every(v => !(v < 0 || v > 0)), middle = flat ? 0 : reach, n = 2 * middle + 1;
    const half = about.ramp.length >> 1, codes = new Uint16Array(numbers.length);
    for (let i = 0; i < numbers.length; i++) {
      const v = numbers[i] * times, far = Math.abs(v);
      if (v !== v) { codes[i] = n; continue; }
      let k = 0;
      if (far) for (k = 1; k < reach && far > limits[k - 1];) k++;
      codes[i] = middle + (v < 0 ? -k : k);
    }
    const shade = k => about.ramp[half + (k < middle ? -1 : 1) * Math.ceil(Math.abs(k - middle) * half / (middle || 1))];
    const steps = k => plain(limits[k]);
    return {
      codes, colors: Array.from({ length: n }, (_, k) => shade(k)).concat(NONE), weights: new Array(n + 1).fill(1), hatched: n, ordered: true,
      name: (code, lang) => {
        if (code === n) return '';
        if (code === middle) return gisplan.word('same', lang);
        const k = Math.abs(code - middle), sign = code > middle ? '+' : '\u2212';
        if (k === reach) return limits.length ? (code > middle ? '> ' : '< ') + sign + steps(k - 2) : (code > middle ? '> 0' : '< 0');
        return (k === 1 ? '0' : sign + steps(k - 2)) + ' … ' + sign + steps(k - 1);
      }
    };
  }

  gisplan.byNumber = function (numbers, about, scheme) {
    if (about.signed) return byDifference(numbers, about, scheme);
    const breaks = about.schemes[scheme] || about.schemes.natural, n = breaks.length + 1, times = about.unit === 'share' ? 100 : 1;
    const known = numbers.find(v => v === v);
    const only = known === undefined ? '' : gisplan.fixed(known * times, about.decimals);
    return {
      codes: classify(numbers, breaks, times), colors: shades(about.ramp, n).concat(NONE), weights: new Array(n + 1).fill(1), hatched: n, ordered: true,
      name: (code, lang) => code < n ? range(breaks, code, only) : about.missing ? gisplan.say(about.missing, lang) : ''
    };
  };

  gisplan.byClass = function (table, about) {
    const classes = about.classes, last = classes.length - 1;
    return {
      codes: about.column ? Uint16Array.from(table.numbers(about.column)) : new Uint16Array(table.n),
      colors: classes.map(c => c.color), weights: classes.map(c => c.weight), dashes: classes.map(c => c.dash || ''), hatched: about.column ? last : -1, ordered: false,
      name: (code, lang) => gisplan.say(classes[code].label, lang)
    };
  };

  /* A layer's colouring, made once for each scheme. */
  gisplan.colouring = function (table, id, scheme) {
    const list = table.meta.colourings, about = list.find(c => c.id === id) || list[0];
    const kept = table.colourings || (table.colourings = Object.create(null)), key = about.kind === 'number' ? about.id + '/' + scheme : about.id;
    if (!kept[key]) {
      kept[key] = about.kind === 'number' ? gisplan.byNumber(table.numbers(about.column), about, scheme) : gisplan.byClass(table, about);
      kept[key].about = about;
    }
    return kept[key];
  };

  /* How many rows a code has, and their area or length; rows whose mask is 0 do not count. */
  gisplan.tally = function (colouring, sizes, mask) {
    const codes = colouring.codes, n = colouring.colors.length, counts = new Float64Array(n), sums = sizes ? new Float64Array(n) : null;
    for (let i = 0; i < codes.length; i++) {
      if (mask && !mask[i]) continue;
      counts[codes[i]]++;
      if (sums && sizes[i] === sizes[i]) sums[codes[i]] += sizes[i];
    }
    const all = a => a.reduce((x, y) => x + y, 0);
    return { counts, sums, count: all(counts), sum: sums && all(sums) };
  };

  /* A colour as it looks through `alpha` on the ground of the map. */
  gisplan.over = function (color, alpha, ground) {
    const part = (text, k) => parseInt(text.substr(k, 2), 16);
    return 'rgb(' + [1, 3, 5].map(k => Math.round(part(color, k) * alpha + part(ground || '#f7f7f5', k) * (1 - alpha))).join(',') + ')';
  };
  gisplan.isDark = function (color) {
    const part = k => parseInt(color.substr(k, 2), 16);
    return Boolean(color) && 0.299 * part(1) + 0.587 * part(3) + 0.114 * part(5) < 125;
  };
})();
