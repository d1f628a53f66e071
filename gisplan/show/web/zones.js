/* The figures of a zone, and how it stands among the others. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;

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
      if (s.zone >= 0) box.append(figures(view));
    }
  });

  function bars(view) {
    const { values: v, about } = view.side.shown, finite = Array.from(v).filter(x => x === x);
    const least = Math.min(0, ...finite), span = Math.max(0, ...finite) - least || 1;
    const { codes, colors } = gisplan.byNumber(v, about, view.look.scheme);
    const at = i => v[i] === v[i] ? v[i] : -Infinity;
    const rows = view.names.map((_, i) => i).sort((a, b) => at(b) - at(a) || a - b);
    return h('div', { class: 'gp-compare' },
      h('h2', {}, view.say(about.label), h('small', {}, view.word('compare'))),
      h('ol', { class: 'gp-bars' }, rows.map(i => h('li', {}, h('button', {
        type: 'button', id: view.id('bar-' + i), 'aria-pressed': String(i === view.state.zone), onclick: () => view.chooseZone(i)
      }, h('span', { class: 'gp-bar-name' }, view.names[i]),
      h('span', { class: 'gp-bar-track' }, at(i) === -Infinity ? '' : h('i', { style: {
        left: (Math.min(0, v[i]) - least) / span * 100 + '%', width: Math.max(0.8, Math.abs(v[i]) / span * 100) + '%', background: colors[codes[i]] } })),
      h('span', { class: 'gp-bar-value' }, gisplan.figure(v[i], about, view.state.lang, true)))))));
  }

  function figures(view) {
    const rows = [];
    gisplan.grouped(view).forEach(group => {
      rows.push(h('tr', { class: 'gp-group' }, h('th', { colspan: 2, scope: 'colgroup' }, group.name)));
      group.members.forEach(k => {
        const i = view.config.indicators[k];
        rows.push(h('tr', { class: k === view.look.indicator ? 'gp-now' : null, 'data-indicator': i.id },
          h('th', { scope: 'row' }, h('button', { type: 'button', class: 'gp-link', id: view.id('figure-' + k), title: view.say(i.explain),
            onclick: () => { view.state.preset = null; view.colour({ indicator: k, mode: 'indicator' }); } }, view.say(i.label))),
          h('td', {}, view.figure(view.state.zone, k))));
      });
    });
    return h('div', {}, h('h2', {}, view.names[view.state.zone], h('small', {}, view.word('figures'))), h('table', { class: 'gp-figures' }, h('tbody', {}, rows)));
  }
})();
