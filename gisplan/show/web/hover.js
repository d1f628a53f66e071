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
      this.map = map; this.layers = []; this.lang = 'zh'; this.raised = false; this.inks = gisplan.INKS.light; this.taken = null;
      map.on('click', e => this.click(e));
      if (!touch) {
        map.on('mousemove', e => { this.last = e; if (!this.frame) this.frame = requestAnimationFrame(() => this.move()); });
        map.on('mouseout movestart', () => this.leave());
      }
      // Without a mouse: arrows move the map, Enter asks for what is in its middle.
      map.getContainer().addEventListener('keydown', e => {
        if (e.key === 'Enter' && e.target === map.getContainer() && !this.taken) this.click({ latlng: map.getCenter() });
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
      if (!this.last || this.map._animatingZoom || this.taken) return;
      const latlng = this.last.latlng, found = this.find(latlng);
      this.map.getContainer().style.cursor = found ? 'pointer' : '';
      if (found && this.now && found.layer === this.now.layer && found.row === this.now.row) { this.tip.setLatLng(latlng); return; }
      this.leave();
      if (!found) return;
      this.now = found;
      this.shape = outline(found, { color: this.inks.pointed, weight: 2 }).addTo(this.map);
      this.tip = L.tooltip({ direction: 'auto', opacity: 1, className: 'gp-tip', offset: [10, 0] })
        .setLatLng(latlng).setContent(this.brief(found)).addTo(this.map);
    }

    leave() {
      if (this.shape) { this.shape.remove(); this.tip.remove(); }
      this.shape = this.tip = this.now = this.last = null;
    }

    mark(found) {
      if (this.marked) this.marked.remove();
      this.marked = found ? outline(found, { color: this.inks.marked, weight: 3 }).addTo(this.map) : null;
    }

    /* A tool may take clicks for itself: (latlng, event) => … in `taken`. */
    click(e) {
      if (this.taken) { this.taken(e.latlng, e); return; }
      const found = this.find(e.latlng);
      this.leave();
      if (this.onpick) { this.onpick(found, e.latlng); return; }
      if (found) L.popup({ maxWidth: 360 }).setLatLng(e.latlng).setContent(gisplan.card(found, this.lang)).openOn(this.map);
    }

    brief(found) {
      if (this.onbrief) { const made = this.onbrief(found); if (made) return made; }
      const kind = gisplan.klass(found, this.lang);
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
})();
