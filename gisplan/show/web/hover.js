/* What happens under the pointer: one listener per map asks its layers from the top down. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  // Points lie above lines, lines above polygons, polygons above zones; the panel raises zones while they are coloured.
  const RANK = { point: 4, line: 3, polygon: 2, zone: 1 };
  const touch = window.matchMedia && window.matchMedia('(hover: none)').matches;

  gisplan.listen = function (map, layer, on) {
    const state = map.gisplan || (map.gisplan = new Pointer(map));
    state.layers = state.layers.filter(one => one !== layer);
    if (on && !layer.options.silent) state.layers.push(layer);
    else state.leave();
  };

  class Pointer {
    constructor(map) {
      this.map = map; this.layers = []; this.lang = 'zh'; this.raised = false;
      map.on('click', e => this.click(e));
      if (!touch) {
        map.on('mousemove', e => { this.last = e; if (!this.frame) this.frame = requestAnimationFrame(() => this.move()); });
        map.on('mouseout movestart', () => this.leave());
      }
      // Without a mouse: arrows move the map, Enter asks for what is in its middle.
      map.getContainer().addEventListener('keydown', e => {
        if (e.key === 'Enter' && e.target === map.getContainer()) this.click({ latlng: map.getCenter() });
      });
    }

    rank(layer) {
      const kind = layer.table ? layer.table.meta.kind : '';
      return kind === 'zone' && this.raised ? 2.5 : RANK[kind] || 0;
    }

    find(latlng) {
      const order = this.layers.slice().sort((a, b) => this.rank(b) - this.rank(a) || b.options.zIndex - a.options.zIndex);
      for (const layer of order) {
        const row = layer.pick(latlng);
        if (row >= 0) return { layer, row };
      }
      return null;
    }

    move() {
      this.frame = 0;
      if (!this.last || this.map._animatingZoom) return;
      const latlng = this.last.latlng, found = this.find(latlng);
      this.map.getContainer().style.cursor = found ? 'pointer' : '';
      if (found && this.now && found.layer === this.now.layer && found.row === this.now.row) { this.tip.setLatLng(latlng); return; }
      this.leave();
      if (!found) return;
      this.now = found;
      this.shape = outline(found, { color: '#111', weight: 2 }).addTo(this.map);
      this.tip = L.tooltip({ direction: 'auto', opacity: 1, className: 'gp-tip', offset: [10, 0] })
        .setLatLng(latlng).setContent(this.brief(found)).addTo(this.map);
    }

    leave() {
      if (this.shape) { this.shape.remove(); this.tip.remove(); }
      this.shape = this.tip = this.now = this.last = null;
    }

    mark(found) {
      if (this.marked) this.marked.remove();
      this.marked = found ? outline(found, { color: '#d9480f', weight: 3 }).addTo(this.map) : null;
    }

    click(e) {
      const found = this.find(e.latlng);
      this.leave();
      if (this.onpick) { this.onpick(found, e.latlng); return; }
      if (found) L.popup({ maxWidth: 360 }).setLatLng(e.latlng).setContent(gisplan.card(found, this.lang)).openOn(this.map);
    }

    brief(found) {
      if (this.onbrief) { const made = this.onbrief(found); if (made) return made; }
      const t = found.layer.table, kind = klass(found, this.lang);
      return h('div', {}, h('strong', {}, gisplan.title(found, this.lang)), kind && h('span', { class: 'gp-tip-class' }, kind));
    }
  }

  function outline(found, style) {
    const t = found.layer.table, chains = t.latlngs(found.row), kind = t.kind[found.row];
    const set = Object.assign({ interactive: false, fill: false }, style);
    if (kind === 3) return L.polygon(chains, set);
    if (kind === 2) return L.polyline(chains, Object.assign(set, { weight: style.weight + 2, opacity: 0.75 }));
    return L.featureGroup(chains.map(c => L.circleMarker(c[0], Object.assign({ radius: 9 }, set))));
  }

  function klass(found, lang) {
    const style = found.layer.style;
    return style.about && style.about.column ? style.name(style.codes[found.row], lang) || gisplan.word('noData', lang) : '';
  }

  gisplan.title = function (found, lang) {
    const t = found.layer.table, meta = t.meta;
    if (meta.kind === 'zone') return String(t.value('name', found.row) || '—');
    const first = meta.columns.length ? gisplan.attribute(t.value(meta.columns[0].key, found.row), meta.columns[0].unit, lang) : '—';
    return first === '—' ? gisplan.say(meta.label, lang) : first;
  };

  /* All that a layer tells of one feature, as a table of text. */
  gisplan.card = function (found, lang) {
    const t = found.layer.table, meta = t.meta, kind = klass(found, lang);
    const row = (name, value) => h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, value));
    return h('div', { class: 'gp-card-body' },
      h('p', { class: 'gp-card-layer' }, gisplan.say(meta.label, lang)),
      h('h2', {}, gisplan.title(found, lang)),
      h('table', {}, h('tbody', {},
        kind && row(gisplan.say(found.layer.style.about.label, lang) || gisplan.word('klass', lang),
          h('span', {}, h('i', { class: meta.kind === 'polygon' ? 'gp-swatch' : 'gp-dot', style: { background: found.layer.style.colors[found.layer.style.codes[found.row]] } }), ' ', kind)),
        (meta.columns || []).map(c => row(gisplan.say(c.label, lang), gisplan.attribute(t.value(c.key, found.row), c.unit, lang))))));
  };
})();
