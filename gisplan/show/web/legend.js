/* The legend: what each colour means, how many features wear it, and how much land or length they are. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;

  const swatch = (view, color, alpha, missing) => h('i', { class: 'gp-swatch' + (missing ? ' gp-hatch' : ''), style: missing ? {} : { background: gisplan.over(color, alpha, view.inks.ground) } });

  /* A stroke as a layer draws it: a border may be dashed, and everything can print it. */
  gisplan.line = function (colouring, code, thick) {
    const high = (thick || Math.min(6, Math.max(2, colouring.weights[code]))) + 'px';
    return h('i', { class: 'gp-line', style: { 'border-top': high + ' ' + ((colouring.dashes || [])[code] || 'solid') + ' ' + colouring.colors[code] } });
  };

  gisplan.parts.push({
    name: 'legend', tab: 'legend',
    render(view, box) {
      box.textContent = '';
      view.sides.forEach((side, k) => {
        if (view.sides.length > 1) box.append(h('h2', { class: 'gp-side-name' }, gisplan.sideName(view, k)));
        if (side.zoned) box.append(zones(view, side));
        if (!k) box.append(alpha(view));
        if (side.layers.length) box.append(h('h2', { class: 'gp-layers-head' }, view.word('layers')));
        // What the kind of map is about comes first; switching a layer on or off moves nothing.
        const front = l => (side.front || []).includes(l.table.meta.id), rest = l => !front(l);
        [front, rest].forEach(some => box.append(...side.layers.filter(some).map(l => {
          const at = side.layers.indexOf(l);
          return layer(view, side, l, k ? k + '-' + at : at);
        })));
      });
      view.tell('legend', box);
    }
  });

  /* Numbered classes, the highest first, then what has no data. */
  function ramp(colouring, counted, opacity, view, extra) {
    const rows = [];
    for (let code = colouring.hatched - 1; code >= 0; code--) {
      if (!counted.counts[code] && !colouring.about) continue;
      rows.push(h('tr', {}, h('td', {}, swatch(view, colouring.colors[code], opacity)), h('td', {}, colouring.name(code, view.state.lang)), h('td', {}, gisplan.count(counted.counts[code])), extra(code)));
    }
    const none = colouring.hatched;
    if (counted.counts[none]) rows.push(h('tr', {}, h('td', {}, swatch(view, '', 1, true)), h('td', {}, colouring.name(none, view.state.lang) || view.word('noData')), h('td', {}, gisplan.count(counted.counts[none])), extra(none)));
    return rows;
  }

  function zones(view, side) {
    const i = side.shown.about, colouring = side.zoneColouring(), lang = view.state.lang;
    const unit = i.signed && i.unit === 'share' ? view.word('points') : gisplan.unit(i.unit, lang);
    return h('div', { class: 'gp-ramp' },
      h('h2', {}, view.say(i.label), unit ? h('small', {}, ' ' + unit) : ''),
      h('table', { class: 'gp-classes' }, h('thead', {}, h('tr', {}, h('td', { colspan: 2 }), h('th', { scope: 'col' }, view.word('zoneCount')))),
        h('tbody', {}, ramp(colouring, gisplan.tally(colouring), view.state.alpha, view, () => ''))),
      i.signed ? h('p', { class: 'gp-explain' }, gisplan.differenceName(view)) : '', h('p', { class: 'gp-explain' }, view.say(i.explain)));
  }

  function alpha(view) {
    return h('label', { class: 'gp-alpha' }, h('span', {}, view.word('opacity')),
      h('input', { type: 'range', id: view.id('alpha'), min: 0.2, max: 1, step: 0.05, value: view.state.alpha,
        oninput: e => { view.state.alpha = Number(e.target.value); view.paint(); }, onchange: () => view.render() }));
  }

  /* How sizes are written: hectares and mu of land, kilometres of lines. */
  function sizing(meta, lang, all) {
    if (!meta.size) return null;
    if (meta.kind === 'polygon') return { heads: [gisplan.unit('ha', lang), gisplan.unit('mu', lang)], figures: v => [gisplan.hectares(v), gisplan.mu(v, all)] };
    return { heads: ['km'], figures: v => [gisplan.fixed(v / 1000, 2)] };
  }

  function layer(view, side, one, at) {
    const table = one.table, meta = table.meta, on = side.map.hasLayer(one), lang = view.state.lang, areas = meta.kind === 'polygon';
    const plain = side.zoned && areas, colouring = side.colouring(one), about = colouring.about;
    const counted = gisplan.tally(colouring, meta.size && table.numbers(meta.size), side.mask(one));
    const used = colouring.colors.map((_, code) => code).filter(code => counted.counts[code]);
    const single = !about.column || (about.kind !== 'number' && colouring.colors.length === 2 && used.length <= 1);
    const opacity = gisplan.FILL * view.state.alpha / 0.88, mark = code => {
      if (areas) return swatch(view, colouring.colors[code], opacity, code === colouring.hatched);
      if (meta.kind === 'line') return gisplan.line(colouring, code);
      return h('i', { class: 'gp-dot', style: { background: colouring.colors[code] } });
    };
    const box = h('input', { type: 'checkbox', id: view.id('layer-' + at), checked: on, onchange: e => {
      if (e.target.checked) side.map.addLayer(one); else side.map.removeLayer(one);
      side.preset = null;
      view.set({});
    } });
    const size = sizing(meta, lang, counted.sum), detailed = on && !single && !plain && size && used.length > 1;
    const head = h('div', { class: 'gp-layer-head' },
      h('label', {}, box, single ? mark(used.length ? used[0] : 0) : '', h('span', {}, view.say(meta.label))),
      h('span', { class: 'gp-total' }, detailed ? '' : gisplan.count(counted.count)));
    if (!on) return h('div', { class: 'gp-layer gp-off' }, head);
    const parts = [head], sum = size ? size.figures(counted.sum) : [];
    if (sum.length && (single || plain)) parts.push(h('p', { class: 'gp-sum' }, sum.map((text, k) => text + ' ' + size.heads[k]).join(' · ')));
    if (single && !about.column && view.say(about.classes[0].label) !== view.say(meta.label)) parts.push(h('p', { class: 'gp-hint' }, view.say(about.classes[0].label)));
    if (plain) parts.push(h('p', { class: 'gp-hint' }, view.word('outlines')));
    if (!single && !plain) {
      const unit = about.kind === 'number' ? gisplan.unit(about.unit, lang) : '', figures = code => (size ? size.figures(counted.sums[code]) : []).map(t => h('td', {}, t));
      const rows = about.kind === 'number' ? ramp(colouring, counted, opacity, view, figures)
        : used.map(code => h('tr', {}, h('td', {}, mark(code)), h('td', {}, colouring.name(code, lang)), h('td', {}, gisplan.count(counted.counts[code])), figures(code)));
      if (meta.colourings.length > 1) parts.push(h('p', { class: 'gp-hint' }, view.say(about.label) + (unit ? '（' + unit + '）' : '')));
      parts.push(h('table', { class: 'gp-classes' },
        size ? h('thead', {}, h('tr', {}, h('td', { colspan: 2 }), h('th', { scope: 'col' }, view.word('count')), size.heads.map(t => h('th', { scope: 'col' }, t)))) : '',
        h('tbody', {}, rows,
          size && used.length > 1 ? h('tr', { class: 'gp-all' }, h('td', { colspan: 2 }, view.word('total')), h('td', {}, gisplan.count(counted.count)), sum.map(t => h('td', {}, t))) : '')));
    }
    return h('div', { class: 'gp-layer' }, parts);
  }
})();
