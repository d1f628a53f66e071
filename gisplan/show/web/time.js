/* A slider over the dates of a layer: what was there until a date, or what came about in a month, quarter or year.
   Features without the date are never guessed at: they are counted by themselves and drawn only when asked for. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  const MONTHS = { month: 1, quarter: 3, year: 12 }, DAY = 864e5, PACE = { month: 220, quarter: 320, year: 550 };
  const still = window.matchMedia && window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  gisplan.words({
    timeTool: ['时间轴', 'Time'], dateOf: ['日期', 'Date'], stepBy: ['步长', 'Step'], month: ['月', 'month'], quarter: ['季度', 'quarter'], year: ['年', 'year'],
    until: ['截至', 'Until'], untilEnd: ['截至', 'Until the end of'], within: ['当期', 'Within'], extent: ['显示范围', 'Shows'], play: ['播放', 'Play'], pause: ['暂停', 'Pause'], back: ['上一期', 'Step back'], on: ['下一期', 'Step on'],
    undated: ['无日期', 'without this date'], drawUndated: ['同时显示', 'draw them too'], perYear: ['每年数量', 'Number per year'], timeHide: ['关闭时间轴', 'Close the time slider'],
    features: ['个', 'features']
  });

  const months = day => { const d = new Date(day * DAY); return d.getUTCFullYear() * 12 + d.getUTCMonth(); };
  const first = month => { const d = new Date(0); d.setUTCFullYear(Math.floor(month / 12), month % 12, 1); return d.getTime() / DAY; };

  /* All columns of dates of the layers that hold any. */
  function dated(view) {
    const out = [];
    view.layers.forEach(layer => layer.table.meta.columns.forEach(c => {
      const days = layer.table.columns[c.key].type === 'date' ? layer.table.days(c.key) : null;
      const known = days ? days.reduce((n, d) => n + (d !== gisplan.NO_DAY ? 1 : 0), 0) : 0;
      if (known) out.push({ id: layer.table.meta.id, key: c.key, label: c.label, layer: layer.table.meta.label, known });
    }));
    return out;
  }

  gisplan.parts.push({
    name: 'time',
    tools: [{ id: 'time', glyph: '◷', word: 'timeTool', absent: view => !view.time.columns.length, pressed: view => view.time.on, press: view => toggle(view, !view.time.on) }],
    open(view) {
      view.time = { columns: dated(view), at: 0, step: 'year', until: true, drawn: false, on: false };
      // At first the column that says most.
      view.time.column = view.time.columns.slice().sort((a, b) => b.known - a.known)[0];
    },
    joined(view) { if (view.time.on) mask(view); },
    painted(view) { if (view.time.on && view.time.lang !== view.state.lang) build(view); else if (view.time.on) tell(view); },
    print(view, on) { if (on && view.time.on) stop(view); }
  });

  function toggle(view, on) {
    const time = view.time;
    time.on = on;
    if (on) { build(view); move(view, time.last); finish(view); return; }
    stop(view);
    time.box.remove();
    time.box = null;
    clear(view);
    view.render();
    view.paint();
    view.element('time').focus();
  }

  function clear(view) {
    view.time.columns.forEach(c => runs(view).forEach(side => view.setMask(c.id, null, 'time', side.run)));
  }

  /* One side of each run. */
  const runs = view => view.sides.filter((side, k) => view.sides.findIndex(s => s.run === side.run) === k);

  /* First and last step of the chosen column, over all runs that are shown. */
  function range(view) {
    const time = view.time, size = MONTHS[time.step];
    let low = Infinity, high = -Infinity;
    runs(view).forEach(side => {
      const days = daysOf(view, side);
      if (days) for (let i = 0; i < days.length; i++) if (days[i] !== gisplan.NO_DAY) { low = Math.min(low, days[i]); high = Math.max(high, days[i]); }
    });
    if (low === Infinity) return;
    time.from = Math.floor(months(low) / size);
    time.last = Math.floor(months(high) / size) - time.from;
  }

  function daysOf(view, side) {
    const layer = side.layer(view.time.column.id), c = layer && layer.table.columns[view.time.column.key];
    return c && c.type === 'date' ? layer.table.days(c.key) : null;
  }

  const step = time => (time.from + time.at) * MONTHS[time.step];

  function name(view, at) {
    const time = view.time, month = (time.from + at) * MONTHS[time.step], year = Math.floor(month / 12), zh = view.state.lang !== 'en';
    if (time.step === 'year') return zh ? year + ' 年' : String(year);
    if (time.step === 'quarter') return zh ? year + ' 年第 ' + (month % 12 / 3 + 1) + ' 季度' : year + ' Q' + (month % 12 / 3 + 1);
    return year + '-' + String(month % 12 + 1).padStart(2, '0');
  }

  /* Which rows the slider lets through. */
  function mask(view) {
    const time = view.time, low = time.until ? -2147483647 : first(step(time)), high = first(step(time) + MONTHS[time.step]);
    clear(view);
    runs(view).forEach(side => {
      const days = daysOf(view, side);
      if (!days) return;
      const out = new Uint8Array(days.length), bare = time.drawn ? 1 : 0;
      for (let i = 0; i < days.length; i++) out[i] = days[i] === gisplan.NO_DAY ? bare : days[i] >= low && days[i] < high ? 1 : 0;
      view.setMask(time.column.id, out, 'time', side.run);
    });
  }

  /* Count and size of what is dated and let through by every mask, and how many have no date. */
  function count(view, side) {
    const layer = side.layer(view.time.column.id), days = daysOf(view, side), shown = side.mask(layer), meta = layer.table.meta;
    const sizes = meta.size ? layer.table.numbers(meta.size) : null, sum = { count: 0, size: sizes ? 0 : NaN, bare: 0, kind: meta.kind };
    for (let i = 0; i < days.length; i++) {
      if (days[i] === gisplan.NO_DAY) { sum.bare++; continue; }
      if (shown && !shown[i]) continue;
      sum.count++;
      if (sizes && sizes[i] === sizes[i]) sum.size += sizes[i];
    }
    return sum;
  }

  /* Go to a step; only the layer itself is painted anew. */
  function move(view, at) {
    const time = view.time;
    time.at = Math.max(0, Math.min(time.last, at));
    mask(view);
    view.sides.forEach(side => {
      const layer = side.layer(time.column.id);
      if (layer) layer.setStyle({ mask: side.mask(layer) });
    });
    tell(view);
    // The legend follows when the slider rests: it counts every class of every layer.
    clearTimeout(time.later);
    time.later = setTimeout(() => finish(view), time.timer ? 400 : 120);
  }
  function finish(view) { clearTimeout(view.time.later); if (view.time.on) view.render(); }

  function tell(view) {
    const time = view.time, lang = view.state.lang, said = runs(view).map(side => {
      if (!daysOf(view, side)) return '';
      const sum = count(view, side);
      return { sum, side };
    }).filter(Boolean);
    time.slider.max = time.last;
    time.slider.value = time.at;
    time.read.textContent = '';
    time.read.append(h('b', {}, (time.until ? view.word('untilEnd') + ' ' : '') + name(view, time.at)));
    said.forEach(({ sum, side }) => {
      const text = (said.length > 1 ? view.say(view.config.runs[side.run].label) + ' ' : '') + gisplan.count(sum.count) + ' ' + view.word('features') + size(sum, lang);
      time.read.append(' ', h('span', { class: 'gp-time-figure' }, text));
    });
    time.bare.textContent = said.map(({ sum }) => gisplan.count(sum.bare)).join(' / ') + ' ' + view.word('undated');
    time.bareBox.hidden = !said.some(({ sum }) => sum.bare);
    time.slider.setAttribute('aria-valuetext', time.read.textContent);
    const size12 = MONTHS[time.step], now = step(time);
    time.bars.forEach(bar => {
      bar.element.classList.toggle('gp-in', time.until ? bar.year * 12 < now + size12 : bar.year * 12 < now + size12 && bar.year * 12 + 12 > now);
    });
  }

  function size(sum, lang) {
    if (sum.size !== sum.size) return '';
    return sum.kind === 'polygon' ? ' · ' + gisplan.hectares(sum.size) + ' ' + gisplan.unit('ha', lang) : ' · ' + gisplan.fixed(sum.size / 1000, 2) + ' km';
  }

  function stop(view) {
    clearInterval(view.time.timer);
    view.time.timer = 0;
    if (view.time.player) face(view);
  }
  function face(view) {
    const { player, timer } = view.time;
    player.textContent = timer ? '❚❚' : '▶';
    player.setAttribute('aria-label', view.word(timer ? 'pause' : 'play'));
    player.title = view.word(timer ? 'pause' : 'play');
  }
  function play(view) {
    const time = view.time;
    if (time.timer) { stop(view); finish(view); return; }
    if (time.at >= time.last) move(view, 0);
    time.timer = setInterval(() => {
      if (time.at >= time.last) { stop(view); finish(view); return; }
      move(view, time.at + 1);
    }, PACE[time.step]);
    face(view);
  }

  /* The bar under the map. Its slider is the same element as long as the bar is there. */
  function build(view) {
    const time = view.time, id = n => view.id('time-' + n), focus = document.activeElement && document.activeElement.id;
    if (time.box) time.box.remove();
    time.lang = view.state.lang;
    range(view);
    time.at = Math.min(time.at, time.last);
    const pick = (key, label, options, now, set) => h('label', {}, h('span', {}, view.word(label)), h('select', { id: id(key), onchange: e => {
      stop(view);
      const seen = step(time) + MONTHS[time.step] - 1;           // the last month that was shown stays shown
      set(e.target.value);
      range(view);
      time.at = Math.max(0, Math.min(time.last, Math.floor(seen / MONTHS[time.step]) - time.from));
      clear(view);
      build(view);
      move(view, time.at);
    } }, options.map(([value, text]) => h('option', { value, selected: value === now }, text))));
    time.slider = h('input', { type: 'range', id: id('slider'), min: 0, max: time.last, step: 1, value: time.at, 'aria-label': view.word('timeTool'),
      oninput: e => { stop(view); move(view, Number(e.target.value)); } });
    time.read = h('p', { class: 'gp-time-read', id: id('read') });
    time.bare = h('span', { id: id('bare') });
    time.bareBox = h('label', { class: 'gp-time-bare' }, h('input', { type: 'checkbox', id: id('drawn'), checked: time.drawn, onchange: e => { time.drawn = e.target.checked; move(view, time.at); } }),
      h('span', {}, time.bare, ' · ' + view.word('drawUndated')));
    const press = (key, glyph, word, act) => h('button', { type: 'button', id: id(key), title: view.word(word), 'aria-label': view.word(word), onclick: act }, glyph);
    time.player = press('play', '▶', 'play', () => play(view));
    time.player.hidden = still;
    const chart = h('div', { class: 'gp-time-chart', role: 'img', 'aria-label': view.word('perYear') });
    time.bars = bars(view, chart);
    const many = new Set(time.columns.map(c => c.id)).size > 1;
    time.box = view.over(h('section', { class: 'gp-time', 'aria-label': view.word('timeTool') },
      h('div', { class: 'gp-time-top' }, time.read, press('close', '×', 'timeHide', () => toggle(view, false))),
      h('div', { class: 'gp-time-axis' }, chart, time.slider, h('div', { class: 'gp-time-ends', 'aria-hidden': 'true' }, h('span', {}, name(view, 0)), h('span', {}, name(view, time.last)))),
      h('div', { class: 'gp-time-row' }, press('back', '‹', 'back', () => { stop(view); move(view, time.at - 1); }), time.player, press('on', '›', 'on', () => { stop(view); move(view, time.at + 1); }),
        pick('column', 'dateOf', time.columns.map((c, k) => [String(k), (many ? view.say(c.layer) + ' · ' : '') + view.say(c.label)]), String(time.columns.indexOf(time.column)), k => { time.column = time.columns[k]; }),
        pick('step', 'stepBy', Object.keys(MONTHS).map(s => [s, view.word(s)]), time.step, s => { time.step = s; }),
        pick('extent', 'extent', [['until', view.word('until')], ['within', view.word('within')]], time.until ? 'until' : 'within', v => { time.until = v === 'until'; }),
        time.bareBox)));
    const n = time.last + 1;                     // the middle of the handle stands in the middle of its step
    time.slider.style.width = 'calc(' + 100 * (1 - 1 / n) + '% + 16px)';
    time.slider.style.marginLeft = 'calc(' + 50 / n + '% - 8px)';
    face(view);
    tell(view);
    const again = focus && document.getElementById(focus);
    if (again && time.box.contains(again)) again.focus();
  }

  /* How many features each year has, of the page's own run; years without any have no bar. */
  function bars(view, chart) {
    const time = view.time, days = daysOf(view, view.side) || [], counts = new Map(), n = (time.last + 1) * MONTHS[time.step], from = time.from * MONTHS[time.step];
    for (let i = 0; i < days.length; i++) {
      if (days[i] === gisplan.NO_DAY) continue;
      const year = Math.floor(months(days[i]) / 12);
      counts.set(year, (counts.get(year) || 0) + 1);
    }
    const top = Math.max(1, ...counts.values());
    return Array.from(counts.keys()).sort((a, b) => a - b).map(year => {
      const a = Math.max(0, year * 12 - from), b = Math.min(n, year * 12 + 12 - from);
      const element = h('i', { title: year + ': ' + gisplan.count(counts.get(year)), 'data-year': year, 'data-count': counts.get(year),
        style: { left: 100 * a / n + '%', width: 'calc(' + 100 * (b - a) / n + '% - 1px)', height: Math.max(4, 100 * counts.get(year) / top) + '%' } });
      chart.append(element);
      return { year, element };
    });
  }
})();
