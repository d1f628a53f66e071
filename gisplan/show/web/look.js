/* What the map is coloured by: a kind of map, or one's own choice of a zone figure or a way to colour parcels. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;

  const select = (view, id, word, options, change) => h('label', { class: 'gp-field' }, h('span', {}, view.word(word)),
    h('select', { id: view.id(id), onchange: e => change(e.target.value) }, options));
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

  /* Switch to one of the kinds of map that the page offers. */
  gisplan.preset = function (view, id) {
    const preset = view.config.presets.find(p => p.id === id);
    view.state.preset = preset ? id : null;
    if (preset) {
      view.sides.forEach((side, k) => {
        if (k === 0) Object.assign(side.look, { mode: preset.mode, scheme: preset.scheme || 'natural' });
        if (k === 0 && preset.indicator !== undefined) side.look.indicator = preset.indicator;
        if (k === 0) Object.assign(side.look.colourings, preset.colourings);
        side.layers.forEach(l => {
          const on = preset.shown.includes(l.table.meta.id);
          if (on) side.map.addLayer(l); else side.map.removeLayer(l);
        });
      });
    }
    view.colour({});
  };

  gisplan.parts.push({
    name: 'colour', section: 'top',

    open(view) {
      const first = (view.config.presets || [])[0];
      if (first) gisplan.preset(view, first.id);
    },

    render(view, box) {
      const side = view.side, look = side.look, indicators = view.config.indicators, layer = choosable(side);
      box.textContent = '';
      box.hidden = !indicators.length && !layer;
      if (box.hidden) return;
      const own = change => { view.state.preset = null; view.colour(change); };
      const presets = view.config.presets || [];
      if (presets.length > 1) {
        box.append(select(view, 'preset', 'preset', (view.state.preset ? [] : [option('', view.word('ownChoice'), true)])
          .concat(presets.map(p => option(p.id, view.say(p.label), p.id === view.state.preset))), id => gisplan.preset(view, id)));
      }
      const choice = (mode, word) => h('label', {},
        h('input', { type: 'radio', name: view.id('mode'), id: view.id('mode-' + mode), checked: look.mode === mode, onchange: () => own({ mode }) }),
        h('span', {}, view.word(word)));
      if (indicators.length && side.polygons.length) {
        box.append(h('fieldset', { class: 'gp-switch' }, h('legend', {}, view.word('colourBy')), choice('classes', 'classes'), choice('indicator', 'byIndicator')));
      }
      if (side.zoned || !layer) {
        if (indicators.length) {
          box.append(select(view, 'indicator', 'indicator', gisplan.grouped(view).map(group => h('optgroup', { label: group.name },
            group.members.map(k => option(k, view.say(indicators[k].label), k === look.indicator)))), k => own({ indicator: Number(k), mode: 'indicator' })));
        }
      } else {
        const meta = layer.table.meta, id = meta.id;
        box.append(select(view, 'colouring', 'colouring', meta.colourings.map(c => option(c.id, view.say(c.label), c.id === look.colourings[id])),
          chosen => own({ colourings: Object.assign(Object.create(null), look.colourings, { [id]: chosen }) })));
      }
      const about = side.zoned ? view.indicator : layer && side.colouring(layer).about;
      const schemes = about && about.schemes ? Object.keys(about.schemes) : [];
      if (schemes.length > 1) {
        box.append(select(view, 'scheme', 'scheme', schemes.map(s => option(s, view.word(s), s === look.scheme)), scheme => own({ scheme })));
      }
    }
  });
})();
