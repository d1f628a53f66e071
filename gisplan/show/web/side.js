/* One map of the page and how it is coloured. A page has one; two when it compares. */
(function () {
  'use strict';
  const gisplan = window.gisplan;
  const ABOVE = { polygon: 1000, line: 2000, point: 4000 }, BORDERS = 3000;

  /* look: {mode: 'classes' | 'indicator' | 'difference', indicator: number, scheme, colourings: {layer id: colouring id}}
     run: which of the page's runs its tables are from; 0 is the page's own. */
  gisplan.Side = class {
    constructor(view, map, zones, layers, look, run) {
      Object.assign(this, { view, map, zones, layers, look, run: run || 0 });
      this.values = view.config.indicators.map((_, k) => zones.table.numbers('i' + k));
      this.names = Array.from({ length: zones.table.n }, (_, i) => String(zones.table.value('name', i)));
      this.polygons = layers.filter(l => l.table.meta.kind === 'polygon');
      this.border = gisplan.layer(zones.id, { silent: true, zIndex: BORDERS });
      this.border.setStyle({ fill: false, halo: true, width: 1.7 }).addTo(map);
      zones.setZIndex(1);
      zones.setStyle({ fill: false, stroke: null });
      // Zone borders lie above lines and below points; within a kind the order given is the order drawn.
      layers.forEach((l, k) => l.setZIndex(ABOVE[l.table.meta.kind] + k));
      this.labels = gisplan.labels(map, zones.table, row => view.chooseZone(row, this));
    }

    /* Layer by its id. */
    layer(id) { return this.layers.find(l => l.table.meta.id === id); }

    eachLayer(use) { [this.zones, this.border].concat(this.layers).forEach(use); }

    get zoned() { return this.look.mode !== 'classes' && this.view.config.indicators.length > 0; }

    /* The figures that zones are compared by, and what is to be known of them; null without indicators. */
    get shown() {
      const k = this.look.indicator, about = this.view.config.indicators[k];
      if (!about) return null;
      if (this.look.mode !== 'difference') return { values: this.values[k], about };
      return { values: this.zones.table.numbers('d' + k), about: Object.assign({ label: about.label, explain: about.explain }, about.difference) };
    }

    /* Rows of a layer that are drawn; null when all are. */
    mask(layer) { return this.view.mask(layer.table.meta.id, this.run); }

    get preset() { return this === this.view.side ? this.view.state.preset : this.look.preset; }
    set preset(id) { (this === this.view.side ? this.view.state : this.look).preset = id; }

    /* How the zones are coloured; null while they are not. */
    zoneColouring() {
      if (!this.zoned) return null;
      const { values, about } = this.shown;
      return gisplan.byNumber(values, about, this.look.scheme);
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
        const style = Object.assign({ inks, mask: this.mask(layer), ghost: !zoned && state.ghost }, this.colouring(layer));
        if (layer.table.meta.kind === 'polygon') {
          Object.assign(style, zoned ? { fill: false, stroke: inks.quiet, faint: 0.75, width: 0.8 }
            : { fill: true, stroke: inks.outline, faint: 0.8, width: 1, alpha: gisplan.FILL * state.alpha / 0.88 });
        }
        layer.setStyle(style);
      });
      this.labels.set(row => ({
        figure: shown ? gisplan.figure(this.shown.values[row], this.shown.about, state.lang, true) : '',
        dark: shown && state.alpha > 0.6 ? gisplan.isDark(shown.colors[shown.codes[row]]) : view.dark
      }));
    }
  };
})();
