/* One map of the page and how it is coloured. A page has one; two when it compares. */
(function () {
  'use strict';
  const gisplan = window.gisplan;
  const ABOVE = { polygon: 1000, line: 2000, point: 4000 }, BORDERS = 3000;

  /* look: {mode: 'classes' | 'indicator', indicator: number, scheme, colourings: {layer id: colouring id}} */
  gisplan.Side = class {
    constructor(view, map, zones, layers, look) {
      Object.assign(this, { view, map, zones, layers, look });
      this.polygons = layers.filter(l => l.table.meta.kind === 'polygon');
      this.border = gisplan.layer(zones.id, { silent: true, zIndex: BORDERS });
      this.border.setStyle({ fill: false, halo: true, width: 1.7 }).addTo(map);
      zones.setZIndex(1);
      zones.setStyle({ fill: false, stroke: null });
      // Zone borders lie above lines and below points; within a kind the order given is the order drawn.
      layers.forEach((l, k) => l.setZIndex(ABOVE[l.table.meta.kind] + k));
      this.labels = gisplan.labels(map, zones.table, row => view.chooseZone(row));
    }

    /* Layer by its id. */
    layer(id) { return this.layers.find(l => l.table.meta.id === id); }

    eachLayer(use) { [this.zones, this.border].concat(this.layers).forEach(use); }

    get zoned() { return this.look.mode === 'indicator' && this.view.config.indicators.length > 0; }

    /* How the zones are coloured; null while they are not. */
    zoneColouring() {
      if (!this.zoned) return null;
      const view = this.view, k = this.look.indicator;
      return gisplan.byNumber(view.values[k], view.config.indicators[k], this.look.scheme);
    }

    colouring(layer) {
      const id = layer.table.meta.id;
      return gisplan.colouring(layer.table, this.look.colourings[id], this.look.scheme);
    }

    paint() {
      const { view, map } = this, inks = view.inks, zoned = this.zoned, state = view.state;
      map.gisplan.raised = zoned;
      map.gisplan.lang = state.lang;
      map.gisplan.inks = inks;
      this.border.setStyle({ inks, stroke: inks.edge });
      const shown = this.zoneColouring();
      this.zones.setStyle(Object.assign({ inks }, shown ? Object.assign({ fill: true, alpha: state.alpha }, shown) : { fill: false }));
      this.layers.forEach(layer => {
        const style = Object.assign({ inks, mask: view.masks[layer.table.meta.id] || null }, this.colouring(layer));
        if (layer.table.meta.kind === 'polygon') {
          Object.assign(style, zoned ? { fill: false, stroke: inks.quiet, faint: 0.75, width: 0.8 }
            : { fill: true, stroke: inks.outline, faint: 0.8, width: 1, alpha: gisplan.FILL * state.alpha / 0.88 });
        }
        layer.setStyle(style);
      });
      this.labels.set(row => ({
        figure: shown ? gisplan.figure(view.values[this.look.indicator][row], view.config.indicators[this.look.indicator], state.lang, true) : '',
        dark: shown && state.alpha > 0.6 ? gisplan.isDark(shown.colors[shown.codes[row]]) : view.dark
      }));
    }
  };
})();
