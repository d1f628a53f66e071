/* The life line of a parcel: its days on a true time scale, what was agreed above, what happened below, what is late between. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  const DAY = 864e5, YEAR = 365.2425;
  // Days that were agreed or are set by a rule; all other days are of things done.
  const AGREED = ['agreed_start', 'agreed_completion'], RULED = ['due', 'next'];
  // A day agreed, the day that met it, and what shows that it was met on a day nobody wrote down.
  const PAIRS = [['agreed_start', 'actual_start', ['completion_date', 'stop_date'], 'start'], ['agreed_completion', 'completion_date', [], 'completion']];

  gisplan.words({
    life: ['时间线', 'Life line'], asOf: ['评价时点', 'as of'], startLate: ['开工晚于约定', 'Started after the agreed day by'],
    completionLate: ['竣工晚于约定', 'Completed after the agreed day by'],
    startOpen: ['未见开工记录，已过约定开工日', 'No start on record, past the agreed day by'],
    completionOpen: ['未见竣工记录，已过约定竣工日', 'No completion on record, past the agreed day by'],
    ruleLate: ['已超期', 'Past the date by'], day: ['天', 'd'], before: ['早于', 'before'], agreed: ['约定', 'agreed'], done: ['已发生', 'done']
  });

  const dayOf = text => Math.round(Date.parse(text + 'T00:00:00Z') / DAY);
  const textOf = day => new Date(day * DAY).toISOString().slice(0, 10);

  /* What a parcel's columns tell: its days in order, and the stretches that are late.
     days: [{name, label, day, planned}], late: [{from, to, kind, open}] */
  gisplan.life = function (columns, value, asOf) {
    const days = [], at = {}, today = asOf ? dayOf(asOf) : NaN;
    columns.forEach(c => {
      if (['date', 'due', 'next'].indexOf(c.role) < 0) return;
      const text = value(c), name = c.role === 'date' ? c.name : c.role;
      if (text === null || !/^\d{4}-\d\d-\d\d/.test(text)) return;
      at[name] = dayOf(text.slice(0, 10));
      days.push({ name, label: c.label, day: at[name], planned: AGREED.indexOf(name) >= 0 || RULED.indexOf(name) >= 0 });
    });
    days.sort((a, b) => a.day - b.day);
    const late = [], counted = columns.find(c => c.role === 'over'), past = counted ? value(counted) : null;
    if (past !== null && past > 0) {
      // The assessment's own figure; it runs from the due day, or from the day work stopped once it had begun.
      const from = at.actual_start === undefined && at.due !== undefined ? at.due : at.stop_date === undefined ? at.due : at.stop_date;
      if (from !== undefined) late.push({ from, to: from + past, kind: 'rule', open: true });
    }
    PAIRS.forEach(([agreed, met, shows, kind]) => {
      if (at[agreed] === undefined || (kind === 'start' && late.length)) return;
      const open = at[met] === undefined || at[met] > today;
      // Nobody knows how late it was when only something later is on record.
      if (at[met] === undefined && shows.some(s => at[s] !== undefined)) return;
      const to = open ? today : at[met];
      if (to > at[agreed]) late.push({ from: at[agreed], to, kind, open });
    });
    // A life that is complete ends there: the scale need not run on to the day of the data.
    return { days, late, today: today === today && !(at.completion_date <= today) ? today : null };
  };

  const WIDE = 268, EDGE = 12, GAP = 17, RADIUS = 7.5;

  gisplan.lifeline = function (columns, value, asOf, lang) {
    const life = gisplan.life(columns, value, asOf), word = key => gisplan.word(key, lang);
    if (!life.days.length) return null;
    const ends = life.days.map(d => d.day).concat(life.late.map(l => l.to), life.today === null ? [] : [life.today]);
    const first = Math.min(...ends), last = Math.max(...ends, first + 30), x = day => EDGE + (day - first) / (last - first) * (WIDE - 2 * EDGE);
    // Marks that would cover each other stand one above (or below) the other.
    const lanes = [[], []];
    life.days.forEach(d => {
      const side = lanes[d.planned ? 0 : 1];
      let lane = 0;
      while (side[lane] !== undefined && x(d.day) - side[lane] < GAP) lane++;
      side[lane] = x(d.day);
      d.lane = lane;
    });
    const up = lanes[0].length * GAP + 8, axis = up + 2, down = lanes[1].length * GAP + 8, high = axis + down + 14;
    const drawing = svg('svg', { viewBox: '0 0 ' + WIDE + ' ' + high, class: 'gp-life', 'aria-hidden': 'true', focusable: 'false' });
    years(first, last).forEach(year => {
      const at = x(dayOf(year + '-01-01'));
      drawing.append(svg('line', { x1: at, x2: at, y1: axis - 3, y2: axis + 3, class: 'gp-life-axis' }));
      // A year stands where it begins; near the edge of the sheet it would be cut.
      if (at > 14 && at < WIDE - 14) drawing.append(svg('text', { x: at, y: high - 2, class: 'gp-life-year' }, String(year)));
    });
    drawing.append(svg('line', { x1: 2, x2: WIDE - 2, y1: axis, y2: axis, class: 'gp-life-axis' }));
    life.late.forEach(l => {
      const from = x(l.from), wide = Math.max(2, x(l.to) - from), band = svg('g', { class: 'gp-life-late' });
      band.append(svg('rect', { x: from, y: axis - 4, width: wide, height: 8 }));
      for (let s = from + 3; s < from + wide + 4; s += 5) {
        const a = Math.min(s, from + wide), b = Math.max(s - 8, from);
        band.append(svg('line', { x1: a, y1: axis - 4 + (s - a), x2: b, y2: axis + 4 - (b - (s - 8)) }));
      }
      drawing.append(band);
    });
    if (life.today !== null) {
      const at = x(life.today);
      drawing.append(svg('line', { x1: at, x2: at, y1: 2, y2: axis + down, class: 'gp-life-today' }));
    }
    life.days.forEach((d, k) => {
      const at = x(d.day), y = axis + (d.planned ? -1 : 1) * (GAP * d.lane + RADIUS + 5), mark = svg('g', { class: d.planned ? 'gp-life-plan' : 'gp-life-done' });
      mark.append(svg('line', { x1: at, x2: at, y1: axis, y2: y }), svg('circle', { cx: at, cy: y, r: RADIUS }), svg('text', { x: at, y: y + 3.4 }, String(k + 1)));
      drawing.append(mark);
    });
    const days = n => gisplan.count(n) + (lang === 'en' ? ' ' : ' ') + word('day');
    return h('div', { class: 'gp-life-box' },
      h('h3', {}, word('life'), life.today === null ? '' : h('small', {}, ' ', h('i', { class: 'gp-life-now' }), word('asOf') + ' ' + textOf(life.today))),
      drawing,
      h('ol', { class: 'gp-life-days' }, life.days.map((d, k) => h('li', {},
        h('b', { class: d.planned ? 'gp-life-plan' : 'gp-life-done' }, String(k + 1)), h('span', {}, gisplan.say(d.label, lang)), h('time', { datetime: textOf(d.day) }, textOf(d.day))))),
      life.late.map(l => h('p', { class: 'gp-life-word' }, h('i', { class: 'gp-life-mark' }),
        word(l.kind === 'rule' ? 'ruleLate' : l.kind + (l.open ? 'Open' : 'Late')) + ' ' + days(l.to - l.from))));
  };

  /* Years to write under the line: at most six, at even steps. */
  function years(first, last) {
    const step = [1, 2, 5, 10, 20, 50, 100].find(s => (last - first) / YEAR / s <= 6) || 200, out = [];
    for (let y = Math.ceil(new Date(first * DAY).getUTCFullYear() / step) * step; dayOf(String(y).padStart(4, '0') + '-01-01') <= last; y += step) {
      if (dayOf(String(y).padStart(4, '0') + '-01-01') >= first) out.push(y);
    }
    return out;
  }

  const svg = gisplan.svg = function (tag, set, text) {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    Object.keys(set).forEach(key => element.setAttribute(key, typeof set[key] === 'number' ? String(Math.round(set[key] * 100) / 100) : set[key]));
    if (text !== undefined) element.append(text);
    return element;
  };
})();
