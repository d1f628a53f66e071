/* What the map is coloured by: a kind of map, or one's own choice of a zone figure or a way to colour parcels. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  gisplan.words({ byClass: ['分类', 'Classes'], byNumber: ['数值', 'Numbers'] });

  const option = (value, label, selected) => h('option', { value, selected }, label);

  /* Indicators by group, groups in the order of their first member. */
  gisplan.grouped = function (view) {
    const groups = new Map();
    view.config.indicators.forEach((i, k) => {
      const name = view.say(i.group);
      if (!groups.has(name)) groups.set(name, { name, members: [] });
      groups.get(name).members.push(k);
    });
    return Array.from(groups.values());
  };

  /* Polygon layers that can be coloured in more than one way; the first is the one the choice is for. */
  const choosable = side => side.polygons.find(l => l.table.meta.colourings.length > 1);

  /* Kinds of map that a side can show: another run has no differences to show of its own. */
  const kinds = (view, side) => (view.config.presets || []).filter(p => !side.run || !p.own);

  /* Switch a map to one of the kinds of map that the page offers. */
  gisplan.preset = function (view, id, given) {
    const side = given || view.side, preset = kinds(view, side).find(p => p.id === id);
    side.preset = preset ? id : null;
    if (preset) {
      Object.assign(side.look, { mode: preset.mode, scheme: preset.scheme || 'natural' });
      if (preset.indicator !== undefined) side.look.indicator = preset.indicator;
      Object.assign(side.look.colourings, preset.colourings);
      side.front = preset.shown;
      side.layers.forEach(l => {
        if (preset.shown.includes(l.table.meta.id)) side.map.addLayer(l); else side.map.removeLayer(l);
      });
    }
    view.colour({}, side);
  };

  gisplan.parts.push({
    name: 'colour', section: 'top',

    open(view) {
      const first = (view.config.presets || [])[0];
      if (first) gisplan.preset(view, first.id);
    },

    render(view, box) {
      box.textContent = '';
      const blocks = view.sides.map((side, k) => block(view, side, k)).filter(b => b.childElementCount);
      box.hidden = !blocks.length;
      box.classList.toggle('gp-two', view.sides.length > 1);
      blocks.forEach((b, k) => {
        if (view.sides.length > 1) b.insertBefore(h('h2', { class: 'gp-side-name' }, gisplan.sideName(view, k)), b.firstChild);
        box.append(b);
      });
    }
  });

  /* The choices of one map; those of the second have ids that end in "-b". */
  function block(view, side, k) {
    const look = side.look, indicators = view.config.indicators, layer = choosable(side), box = h('div', { class: 'gp-look' });
    const id = name => view.id(k ? name + '-b' : name);
    const own = change => { side.preset = null; view.colour(change, side); };
    const select = (name, word, options, change) => h('label', { class: 'gp-field' }, h('span', {}, view.word(word)),
      h('select', { id: id(name), onchange: e => change(e.target.value) }, options));
    if (!indicators.length && !layer) return box;
    const presets = kinds(view, side), preset = side.preset;
    if (presets.length > 1) {
      box.append(select('preset', 'preset', (preset ? [] : [option('', view.word('ownChoice'), true)])
        .concat(presets.map(p => option(p.id, view.say(p.label), p.id === preset))), chosen => gisplan.preset(view, chosen, side)));
    }
    const choice = (mode, word) => h('label', {},
      h('input', { type: 'radio', name: id('mode'), id: id('mode-' + mode), checked: look.mode === mode, onchange: () => own({ mode }) }),
      h('span', {}, view.word(word)));
    if (indicators.length && side.polygons.length) {
      const difference = view.config.runs && !side.run;
      box.append(h('fieldset', { class: 'gp-switch' }, h('legend', {}, view.word('colourBy')),
        choice('classes', 'classes'), choice('indicator', difference ? 'zoneFigure' : 'byIndicator'), difference ? choice('difference', 'difference') : ''));
    }
    if (side.zoned || !layer) {
      if (indicators.length) {
        box.append(select('indicator', 'indicator', gisplan.grouped(view).map(group => h('optgroup', { label: group.name },
          group.members.map(i => option(i, view.say(indicators[i].label), i === look.indicator)))),
        i => own({ indicator: Number(i), mode: side.zoned ? look.mode : 'indicator' })));
      }
    } else {
      const meta = layer.table.meta;
      const one = c => option(c.id, view.say(c.label), c.id === look.colourings[meta.id]), numbered = c => c.kind === 'number';
      const groups = [['byClass', meta.colourings.filter(c => !numbered(c))], ['byNumber', meta.colourings.filter(numbered)]].filter(g => g[1].length);
      box.append(select('colouring', 'colouring', groups.length < 2 ? meta.colourings.map(one)
        : groups.map(g => h('optgroup', { label: view.word(g[0]) }, g[1].map(one))),
        chosen => own({ colourings: Object.assign(Object.create(null), look.colourings, { [meta.id]: chosen }) })));
    }
    const about = side.zoned ? side.shown.about : layer && side.colouring(layer).about;
    const schemes = about && about.schemes ? Object.keys(about.schemes) : [];
    if (schemes.length > 1) box.append(select('scheme', 'scheme', schemes.map(s => option(s, view.word(s), s === look.scheme)), scheme => own({ scheme })));
    return box;
  }
})();
