/* The figures of a zone, how it stands among the others, and what a rule asks. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  const SIGNS = { pass: '✓', below: '▼', above: '▲' };

  gisplan.words({
    median: ['中位数', 'Median'], mean: ['算术平均', 'mean'], rank: ['位次', 'Rank'], pass: ['达标', 'pass'], below: ['低于', 'below'], above: ['高于', 'above'],
    limit: ['限值', 'Limit'], unverified: ['未核实', 'unverified'], noFigureOne: ['个分区无数据，列于末尾', 'zone without data, at the end'], noFigure: ['个分区无数据，列于末尾', 'zones without data, at the end'],
    origin: ['数据如何得出', 'How this figure came about'], made: ['个要素参与计算', 'features counted'], lacking: ['个缺少数据', 'lack data'], comma: ['，', ', '], knownFor: ['已知比例', 'known for'],
    sourceOf: ['来源：', 'Source:'], everyOne: ['列出其背后的全部要素：', 'To list every feature behind it:']
  });

  gisplan.parts.push({
    name: 'zones', tab: 'zones',
    render(view, box) {
      const s = view.state, n = view.table.n;
      box.textContent = '';
      if (!n) { box.append(h('p', { class: 'gp-hint' }, view.word('noneShown'))); return; }
      box.append(
        h('label', { class: 'gp-field' }, h('span', {}, view.word('pickZone')),
          h('select', { id: view.id('zone'), onchange: e => view.chooseZone(Number(e.target.value)) },
            h('option', { value: -1, selected: s.zone < 0 }, view.word('none')), view.names.map((name, i) => h('option', { value: i, selected: s.zone === i }, name)))),
        s.zone < 0 ? h('p', { class: 'gp-hint' }, view.word('hint')) : '');
      if (!view.config.indicators.length) return;
      box.append(bars(view));
      if (s.zone >= 0) box.append(origin(view));
      if (s.zone >= 0) box.append(figures(view));
    }
  });

  /* Where one of many figures stands: the middle one, their mean, and how many are known. */
  gisplan.peers = function (values) {
    const known = Float64Array.from(values).filter(v => v === v).sort(), n = known.length;
    return {
      known: n, missing: values.length - n, least: n ? known[0] : NaN, most: n ? known[n - 1] : NaN,
      median: n ? (known[n - 1 >> 1] + known[n >> 1]) / 2 : NaN, mean: n ? known.reduce((a, b) => a + b, 0) / n : NaN
    };
  };
  /* 1 for the greatest; equal figures share a place. */
  gisplan.rank = function (values, row) {
    let place = 1;
    for (let i = 0; i < values.length; i++) if (values[i] > values[row]) place++;
    return place;
  };
  /* "pass", "below" or "above"; null without a figure or without a limit. */
  gisplan.against = function (value, limit) {
    if (!limit || value !== value) return null;
    if (limit.low !== null && value < limit.low) return 'below';
    return limit.high !== null && value > limit.high ? 'above' : 'pass';
  };

  const verdict = (view, found) => found ? h('span', { class: 'gp-verdict gp-' + found }, h('i', { 'aria-hidden': 'true' }, SIGNS[found]), view.word(found)) : '';

  function place(view, values, row, known) {
    const k = gisplan.rank(values, row);
    return view.state.lang === 'en' ? 'Rank ' + k + ' of ' + known + (known === 1 ? ' zone' : ' zones') : '第 ' + k + ' 位，共 ' + known + ' 个分区';
  }

  function bars(view) {
    const { values: v, about } = view.side.shown, limit = about.limit, peers = gisplan.peers(v), lang = view.state.lang;
    const marks = limit ? [limit.low, limit.high].filter(x => x !== null) : [];
    const least = Math.min(0, ...marks, peers.known ? peers.least : 0), span = Math.max(0, ...marks, peers.known ? peers.most : 0) - least || 1;
    const { codes, colors } = gisplan.byNumber(v, about, view.look.scheme), across = x => (x - least) / span * 100 + '%';
    const at = i => v[i] === v[i] ? v[i] : -Infinity, say = x => gisplan.figure(x, about, lang, true);
    const rows = view.names.map((_, i) => i).sort((a, b) => at(b) - at(a) || a - b);
    const lines = (peers.known > 1 ? [h('b', { class: 'gp-mid', style: { left: across(peers.median) } })] : []).concat(marks.map(x => h('b', { class: 'gp-tick', style: { left: across(x) } })));
    const z = view.state.zone, parts = [h('h2', {}, view.say(about.label), h('small', {}, view.word('compare')))];
    if (z >= 0 && at(z) !== -Infinity) {
      parts.push(h('p', { class: 'gp-standing' }, h('b', {}, view.names[z] + ' ' + gisplan.figure(v[z], about, lang)), place(view, v, z, peers.known), verdict(view, gisplan.against(v[z], limit))));
    }
    parts.push(h('ol', { class: 'gp-bars' + (limit ? ' gp-judged' : '') }, rows.map(i => h('li', {}, h('button', {
      type: 'button', id: view.id('bar-' + i), 'aria-pressed': String(i === z), onclick: () => view.chooseZone(i)
    }, h('span', { class: 'gp-bar-name', title: view.names[i] }, view.names[i]),
    at(i) === -Infinity ? h('span', {}) : h('span', { class: 'gp-bar-track' }, h('i', { style: {
      left: across(Math.min(0, v[i])), width: Math.max(0.8, Math.abs(v[i]) / span * 100) + '%', background: colors[codes[i]] } }), lines.map(line => line.cloneNode())),
    h('span', { class: 'gp-bar-value' }, at(i) === -Infinity ? view.word('noData') : say(v[i])), limit ? verdict(view, gisplan.against(v[i], limit)) || h('span', {}) : '')))));
    const key = [];
    if (peers.known > 1) key.push(h('li', {}, h('b', { class: 'gp-mid' }), view.word('median') + ' ' + say(peers.median) + ' · ' + view.word('mean') + ' ' + say(peers.mean)));
    if (limit) {
      const range = limit.low === null ? '≤ ' + say(limit.high) : limit.high === null ? '≥ ' + say(limit.low) : say(limit.low) + ' – ' + say(limit.high);
      key.push(h('li', {}, h('b', { class: 'gp-tick' }), (gisplan.say({ zh: limit.zh, en: limit.en }, lang) || view.word('limit')) + ' ' + range,
        limit.source ? h('small', {}, ' ' + limit.source) : '', limit.verified ? '' : h('em', {}, view.word('unverified'))));
    }
    if (peers.missing) key.push(h('li', {}, peers.missing + ' ' + view.word(peers.missing === 1 ? 'noFigureOne' : 'noFigure')));
    if (key.length) parts.push(h('ul', { class: 'gp-peers' }, key));
    return h('div', { class: 'gp-compare' }, parts);
  }

  const quoted = text => /[^\w.-]/.test(text) ? '"' + text + '"' : text;

  /* How the figure shown came about: its sums, what lacks data, its formula and source, and how to list what is behind it. */
  function origin(view) {
    const k = view.look.indicator, z = view.state.zone, about = view.config.indicators[k], table = view.zones.table;
    const of = mark => mark + k in table.columns ? table.numbers(mark + k)[z] : NaN, say = v => gisplan.fixed(v, Math.abs(v) < 1 ? 4 : Math.abs(v) < 1000 ? 2 : 0);
    const top = of('t'), below = of('b'), used = of('u'), lacking = of('m'), known = of('s'), lines = [];
    if (below === below) lines.push(h('p', { class: 'gp-made' }, say(top) + ' ÷ ' + say(below)));
    lines.push(h('p', {}, view.say(about.explain)));
    if (used === used) {
      const some = gisplan.count(used) + ' ' + view.word('made') + (lacking ? view.word('comma') + gisplan.count(lacking) + ' ' + view.word('lacking') : '');
      lines.push(h('p', {}, some + (known === known && known < 1 ? view.word('comma') + view.word('knownFor') + ' ' + gisplan.figure(known, { unit: 'share', decimals: 1 }, view.state.lang) : '')));
    }
    if (about.source) lines.push(h('p', { class: 'gp-hint' }, view.word('sourceOf') + ' ' + about.source));
    if (view.config.plan) {
      const zone = String(table.value('zone_id', z));
      lines.push(h('p', { class: 'gp-hint' }, view.word('everyOne')), h('code', { class: 'gp-command' }, ['gisplan explain', quoted(view.config.plan), quoted(zone), about.id].join(' ')));
    }
    return h('details', { class: 'gp-origin', id: view.id('origin'), open: Boolean(view.originOpen), ontoggle: e => { view.originOpen = e.target.open; } }, h('summary', {}, view.word('origin')), lines);
  }

  function figures(view) {
    const rows = [], z = view.state.zone;
    gisplan.grouped(view).forEach((group, g) => {
      rows.push(h('tr', { class: 'gp-group' }, h('th', { colspan: 2, scope: 'colgroup' }, group.name), g ? h('td', {}) : h('td', { class: 'gp-rank' }, view.word('rank'))));
      group.members.forEach(k => {
        const i = view.config.indicators[k], v = view.values[k], known = v[z] === v[z], found = gisplan.against(v[z], i.limit);
        rows.push(h('tr', { class: k === view.look.indicator ? 'gp-now' : null, 'data-indicator': i.id },
          h('th', { scope: 'row' }, h('button', { type: 'button', class: 'gp-link', id: view.id('figure-' + k), title: view.say(i.explain),
            onclick: () => { view.state.preset = null; view.colour({ indicator: k, mode: 'indicator' }); } }, view.say(i.label)), verdict(view, found)),
          h('td', { class: 'gp-value' }, known ? view.figure(z, k) : view.word('noData')),
          h('td', { class: 'gp-rank' }, known ? gisplan.rank(v, z) + '/' + gisplan.peers(v).known : '')));
      });
    });
    return h('div', {}, h('h2', {}, view.names[z], h('small', {}, view.word('figures'))), h('table', { class: 'gp-figures' }, h('tbody', {}, rows)));
  }
})();
