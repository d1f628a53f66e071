/* The side panel and everything that belongs to the page rather than to one layer. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h, say = gisplan.say;

  gisplan.panel = function (map, settings, zones, layers) {
    const config = JSON.parse(document.getElementById(settings).textContent);
    return Promise.all([zones.ready].concat(layers.map(l => l.ready)))
      .then(() => new Panel(map, config, zones, layers))
      .catch(error => {
        const lang = config.language === 'en' ? 'en' : 'zh';
        map.getContainer().append(h('p', { class: 'gp-fail', role: 'alert' }, gisplan.word('failed', lang), h('small', {}, String(error))));
        throw error;
      });
  };

  class Panel {
    constructor(map, config, zones, layers) {
      Object.assign(this, { map, config, zones, layers });
      this.table = zones.table;
      this.polygons = layers.filter(l => l.table.meta.kind === 'polygon');
      this.state = {
        lang: config.language === 'en' ? 'en' : 'zh', tab: 'legend', zone: -1, indicator: 0, alpha: 0.88, names: true,
        // At first sight the plan itself; without one, the first indicator.
        mode: this.polygons.some(l => map.hasLayer(l)) || !config.indicators.length ? 'classes' : 'indicator'
      };
      this.values = config.indicators.map((_, k) => this.table.all('i' + k));
      this.names = this.table.all('name').map(String);
      this.border = gisplan.layer('data-zones', { silent: true, zIndex: 3000 });
      this.border.setStyle({ fill: false, halo: true, stroke: '#22303c', width: 1.7 }).addTo(map);
      zones.setZIndex(1);
      zones.setStyle({ fill: false, stroke: null });
      // Zone borders lie above lines and below points; within a kind the order given is the order drawn.
      layers.forEach((l, k) => l.setZIndex({ polygon: 1000, line: 2000, point: 4000 }[l.table.meta.kind] + k));
      this.build();
      this.labels = gisplan.labels(map, this.table, row => this.chooseZone(row));
      map.gisplan.onpick = (found, at) => this.picked(found, at);
      map.gisplan.onbrief = found => this.brief(found);
      this.render();
      this.paint();
      map.invalidateSize({ animate: false });
      this.fit();
      document.documentElement.dataset.gisplan = 'open';
      gisplan.painted().then(() => { document.documentElement.dataset.gisplan = 'ready'; });
    }

    word(key) { return gisplan.word(key, this.state.lang); }
    say(text) { return say(text, this.state.lang); }
    get indicator() { return this.config.indicators[this.state.indicator]; }
    set(change) { Object.assign(this.state, change); this.render(); }

    /* ---- the fixed frame; what is inside is made again by render() ---- */
    build() {
      const map = this.map, box = map.getContainer();
      this.head = h('header', { class: 'gp-head' });
      this.body = h('div', { class: 'gp-body' });
      this.side = h('aside', { class: 'gp-panel', id: 'gp-panel' }, this.head, this.body);
      this.stage = h('div', { class: 'gp-stage' });
      box.parentNode.insertBefore(this.stage, box);
      this.stage.append(box, this.side);
      document.body.classList.add('gp-page');
      map.zoomControl && map.zoomControl.remove();
      this.zoom = h('div', { class: 'leaflet-bar gp-bar' });
      const corner = document.querySelector('.leaflet-top.leaflet-left');
      corner.append(h('div', { class: 'leaflet-control' }, this.zoom));
      this.north = h('div', { class: 'leaflet-control gp-north' });
      box.querySelector('.leaflet-bottom.leaflet-right').append(this.north);
      L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
      this.card = h('section', { class: 'gp-card', 'aria-live': 'polite', hidden: true });
      this.opener = h('button', { class: 'gp-opener', type: 'button', onclick: () => this.fold(false) });
      box.append(this.card, this.opener);
      [this.card, this.opener, this.zoom].forEach(e => { L.DomEvent.disableClickPropagation(e); L.DomEvent.disableScrollPropagation(e); });
      window.addEventListener('beforeprint', () => this.printing(true));
      window.addEventListener('afterprint', () => this.printing(false));
    }

    fit() {
      const b = this.config.bounds;
      this.map.fitBounds([[b[1], b[0]], [b[3], b[2]]], { padding: [18, 18], animate: false });
    }

    fold(away) {
      this.stage.classList.toggle('gp-folded', away);
      this.map.invalidateSize({ animate: false });
      this.render();
      const next = document.getElementById(away ? 'gp-open' : 'gp-fold');
      if (next) next.focus();
    }

    /* Paper has its own size: the map is laid out for it, kept on the same ground, and painted before it is taken. */
    printing(on) {
      if (on === Boolean(gisplan.printing)) return;
      const b = this.config.bounds;
      if (on) {
        this.seen = this.map.getBounds();
        this.whole = this.seen.contains([[b[1], b[0]], [b[3], b[2]]]);
      }
      gisplan.printing = on;
      document.body.classList.toggle('gp-print', on);
      this.map.invalidateSize({ animate: false });
      if (this.whole) this.fit(); else this.map.fitBounds(this.seen, { animate: false });
      this.labels.draw();
      this.eachLayer(l => { if (this.map.hasLayer(l)) l.redraw(); });
      gisplan.flush();
    }

    eachLayer(use) { [this.zones, this.border].concat(this.layers).forEach(use); }

    /* ---- map colours ---- */
    paint() {
      const zoned = this.state.mode === 'indicator';
      this.map.gisplan.raised = zoned;
      this.map.gisplan.lang = this.state.lang;
      if (zoned) {
        const { codes, colors } = this.classed();
        this.zones.setStyle({ fill: true, codes, colors: colors.concat('#cccccc'), hatched: colors.length, alpha: this.state.alpha });
      } else this.zones.setStyle({ fill: false });
      this.polygons.forEach(l => l.setStyle(zoned
        ? { fill: false, stroke: '#ffffff', faint: 0.75, width: 0.8 }
        : { fill: true, stroke: '#4a5560', faint: 0.8, width: 1 }));
      const shades = zoned ? this.classed() : null;
      this.labels.set(row => ({
        figure: zoned ? gisplan.figure(this.values[this.state.indicator][row], this.indicator, this.state.lang, true) : '',
        dark: zoned && this.state.alpha > 0.6 && dark(shades.colors[shades.codes[row]])
      }));
    }

    /* Class of every zone; the number after the last class is "no data". */
    classed() {
      const breaks = this.indicator.breaks, n = breaks.length + 1, ramp = this.config.ramp;
      const colors = Array.from({ length: n }, (_, k) => ramp[n === 1 ? 2 : Math.round(k * (ramp.length - 1) / (n - 1))]);
      const times = this.indicator.unit === 'share' ? 100 : 1;
      const codes = Uint16Array.from(this.values[this.state.indicator], v => {
        if (v === null || !isFinite(v)) return n;
        const k = breaks.findIndex(b => v * times <= b);
        return k < 0 ? n - 1 : k;
      });
      return { codes, colors };
    }

    setMode(mode) { this.set({ mode }); this.paint(); }
    setIndicator(k) { this.set({ indicator: k, mode: 'indicator' }); this.paint(); }

    /* ---- pointing and choosing ---- */
    brief(found) {
      if (found.layer !== this.zones) return null;
      const rows = this.state.mode === 'indicator' &&
        h('span', { class: 'gp-tip-class' }, this.say(this.indicator.label), ' ', h('b', {}, this.figure(found.row)));
      return h('div', {}, h('strong', {}, this.names[found.row]), rows);
    }

    figure(row, k, bare) {
      const at = k === undefined ? this.state.indicator : k;
      return gisplan.figure(this.values[at][row], this.config.indicators[at], this.state.lang, bare);
    }

    picked(found, at) {
      this.found = found; this.place = at;
      if (found && found.layer === this.zones) { this.closeCard(); this.chooseZone(found.row); return; }
      this.map.gisplan.mark(found || (this.state.zone >= 0 ? { layer: this.zones, row: this.state.zone } : null));
      this.showCard();
    }

    showCard() {
      const found = this.found && this.found.layer !== this.zones ? this.found : null;
      this.card.hidden = !found;
      this.card.textContent = '';
      if (!found) return;
      const zone = this.zones.pick(this.place);
      this.card.append(
        h('button', { class: 'gp-x', type: 'button', 'aria-label': this.word('close'), onclick: () => { this.closeCard(); this.map.gisplan.mark(null); } }, '×'),
        gisplan.card(found, this.state.lang),
        zone >= 0 ? h('p', { class: 'gp-card-zone' }, this.word('inZone') + ' ',
          h('button', { type: 'button', class: 'gp-link', onclick: () => this.chooseZone(zone) }, this.names[zone])) : '');
    }

    closeCard() { this.found = null; this.card.hidden = true; }

    chooseZone(row) {
      this.map.gisplan.mark(row >= 0 ? { layer: this.zones, row } : null);
      if (this.stage.classList.contains('gp-folded')) this.fold(false);
      this.set({ zone: row, tab: 'zones' });
    }

    /* ---- contents ---- */
    render() {
      const focus = document.activeElement && document.activeElement.id, top = this.body.scrollTop, tab = this.shownTab;
      const s = this.state, both = this.config.language === 'both', other = s.lang === 'en' ? 'zh' : 'en';
      document.documentElement.lang = s.lang === 'en' ? 'en' : 'zh-CN';
      const box = this.map.getContainer();
      box.setAttribute('role', 'application');
      box.setAttribute('aria-label', this.word('map') + ' — ' + this.say(this.config.title));
      this.side.setAttribute('aria-label', this.word('panel'));
      this.head.textContent = '';
      this.head.append(
        h('div', { class: 'gp-tools' },
          h('button', { id: 'gp-lang', type: 'button', 'aria-label': this.word('otherLong'), onclick: () => { this.set({ lang: other }); this.paint(); this.showCard(); } }, this.word('other')),
          h('button', { id: 'gp-print', type: 'button', onclick: () => window.print() }, this.word('print')),
          h('button', { id: 'gp-fold', type: 'button', class: 'gp-fold', 'aria-label': this.word('hide'), title: this.word('hide'), onclick: () => this.fold(!this.stage.classList.contains('gp-folded')) })),
        h('h1', {}, this.say(this.config.title), both && this.config.title[other] !== this.config.title[s.lang] ? h('span', { lang: other }, this.config.title[other] || '') : ''),
        h('p', { class: 'gp-sub' }, this.say(this.config.subtitle)));
      this.opener.id = 'gp-open';
      this.opener.textContent = this.word('legend');
      this.opener.setAttribute('aria-label', this.word('show'));
      this.zoom.textContent = '';
      [['+', 'zoomIn', () => this.map.zoomIn(1)], ['−', 'zoomOut', () => this.map.zoomOut(1)], ['⤢', 'fit', () => this.fit()]].forEach(b =>
        this.zoom.append(h('button', { type: 'button', id: 'gp-' + b[1], title: this.word(b[1]), 'aria-label': this.word(b[1]), onclick: b[2] }, b[0])));
      this.north.textContent = '';
      this.north.append(arrow(), this.word('north'));
      this.north.title = this.word('northLong');
      this.body.textContent = '';
      this.body.append(this.colourBy(), this.tabs(), this.legend(), this.zoneFigures(), this.notes());
      this.body.scrollTop = tab === s.tab ? top : 0;
      this.shownTab = s.tab;
      const again = focus && document.getElementById(focus);
      if (again) again.focus({ preventScroll: true });
    }

    colourBy() {
      const s = this.state;
      if (!this.config.indicators.length) return '';
      const choice = (mode, key) => h('label', {},
        h('input', { type: 'radio', name: 'gp-mode', id: 'gp-mode-' + mode, checked: s.mode === mode, onchange: () => this.setMode(mode) }),
        h('span', {}, this.word(key)));
      const select = h('select', { id: 'gp-indicator', onchange: e => this.setIndicator(Number(e.target.value)) });
      this.grouped().forEach(group => select.append(h('optgroup', { label: group.name },
        group.members.map(k => h('option', { value: k, selected: k === s.indicator }, this.say(this.config.indicators[k].label))))));
      return h('section', { class: 'gp-colour' },
        this.polygons.length ? h('fieldset', { class: 'gp-switch' }, h('legend', {}, this.word('colourBy')), choice('classes', 'classes'), choice('indicator', 'byIndicator')) : '',
        h('label', { class: 'gp-field' }, h('span', {}, this.word('indicator')), select));
    }

    /* Indicators by group, groups in the order of their first member. */
    grouped() {
      const groups = new Map();
      this.config.indicators.forEach((i, k) => {
        const name = this.say(i.group);
        if (!groups.has(name)) groups.set(name, { name, members: [] });
        groups.get(name).members.push(k);
      });
      return Array.from(groups.values());
    }

    tabs() {
      const names = ['legend', 'zones'].concat(this.config.notes.length ? ['notes'] : []);
      const move = (e, k) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
        if (!step) return;
        const next = names[(k + step + names.length) % names.length];
        this.set({ tab: next });
        document.getElementById('gp-tab-' + next).focus();
      };
      return h('div', { class: 'gp-tabs', role: 'tablist' }, names.map((name, k) => h('button', {
        type: 'button', role: 'tab', id: 'gp-tab-' + name, 'aria-selected': String(this.state.tab === name), 'aria-controls': 'gp-' + name,
        tabindex: this.state.tab === name ? 0 : -1, onclick: () => this.set({ tab: name }), onkeydown: e => move(e, k)
      }, this.word(name))));
    }

    page(name, ...children) {
      return h('section', { class: 'gp-page-' + name, id: 'gp-' + name, role: 'tabpanel', 'aria-labelledby': 'gp-tab-' + name, hidden: this.state.tab !== name }, ...children);
    }

    legend() {
      return this.page('legend', this.state.mode === 'indicator' ? this.ramp() : '',
        this.layers.length ? h('h2', { class: 'gp-layers-head' }, this.word('layers')) : '', this.layers.map((l, k) => this.layerLegend(l, k)));
    }

    ramp() {
      const i = this.indicator, { colors } = this.classed(), b = i.breaks, unit = gisplan.unit(i.unit, this.state.lang);
      const known = i.counts.length, p = gisplan.plain;
      const range = k => !b.length ? this.figure(this.values[this.state.indicator].findIndex(v => v !== null), undefined, true).replace(/%$/, '')
        : k === 0 ? '≤ ' + p(b[0]) : k === b.length ? '> ' + p(b[k - 1]) : p(b[k - 1]) + ' – ' + p(b[k]);
      const row = (swatch, text, count) => h('tr', {}, h('td', {}, swatch), h('td', {}, text), h('td', {}, gisplan.count(count)));
      const rows = [];
      for (let k = known - 1; k >= 0; k--) rows.push(row(h('i', { class: 'gp-swatch', style: { background: over(colors[k], this.state.alpha) } }), range(k), i.counts[k]));
      if (i.missing) rows.push(row(h('i', { class: 'gp-swatch gp-hatch' }), this.word('noData'), i.missing));
      return h('div', { class: 'gp-ramp' },
        h('h2', {}, this.say(i.label), unit ? h('small', {}, ' ' + (unit === '%' ? '%' : unit)) : ''),
        h('table', { class: 'gp-classes' }, h('thead', {}, h('tr', {}, h('th', { colspan: 2 }), h('th', { scope: 'col' }, this.word('zoneCount')))), h('tbody', {}, rows)),
        h('p', { class: 'gp-explain' }, this.say(i.explain)),
        h('label', { class: 'gp-alpha' }, h('span', {}, this.word('opacity')),
          h('input', { type: 'range', id: 'gp-alpha', min: 0.2, max: 1, step: 0.05, value: this.state.alpha,
            oninput: e => { this.state.alpha = Number(e.target.value); this.paint(); this.swatches(colors); } })));
    }

    swatches(colors) {
      const found = this.body.querySelectorAll('.gp-ramp .gp-swatch:not(.gp-hatch)');
      found.forEach((e, k) => { e.style.background = over(colors[found.length - 1 - k], this.state.alpha); });
    }

    layerLegend(layer, k) {
      const meta = layer.table.meta, on = this.map.hasLayer(layer), lang = this.state.lang, plain = this.state.mode === 'indicator' && meta.kind === 'polygon';
      const total = meta.counts.reduce((a, b) => a + b, 0);
      const box = h('input', { type: 'checkbox', id: 'gp-layer-' + k, checked: on, onchange: e => {
        if (e.target.checked) this.map.addLayer(layer); else this.map.removeLayer(layer);
        this.set({});
      } });
      const used = meta.classes.map((c, code) => code).filter(code => meta.counts[code]);
      const single = !meta.classed || (meta.classes.length === 2 && used.length === 1);
      const head = h('div', { class: 'gp-layer-head' },
        h('label', {}, box, single ? this.swatch(layer, used.length ? used[0] : 0) : '', h('span', {}, this.say(meta.label))),
        h('span', { class: 'gp-total' }, on && !single && !plain && meta.sizes && meta.kind !== 'point' && used.length > 1 ? '' : gisplan.count(total)));
      if (!on) return h('div', { class: 'gp-layer gp-off' }, head);
      const named = c => !meta.classed && c && this.say(c.label) !== this.say(meta.label);
      const areas = meta.kind === 'polygon', sized = meta.sizes && meta.kind !== 'point';
      const all = sized ? meta.sizes.reduce((a, b) => a + b, 0) : 0;
      const figures = code => !sized ? [] : areas
        ? [gisplan.hectares(meta.sizes[code]), gisplan.mu(meta.sizes[code], all)] : [gisplan.fixed(meta.sizes[code] / 1000, 2)];
      const heads = !sized ? [] : areas ? [gisplan.unit('ha', lang), gisplan.unit('mu', lang)] : ['km'];
      const sum = !sized ? '' : areas ? gisplan.hectares(all) + ' ' + heads[0] + ' · ' + gisplan.mu(all, all) + ' ' + heads[1] : gisplan.fixed(all / 1000, 2) + ' km';
      return h('div', { class: 'gp-layer' }, head,
        sum && (single || plain) ? h('p', { class: 'gp-sum' }, sum) : '',
        single && named(meta.classes[0]) ? h('p', { class: 'gp-hint' }, this.say(meta.classes[0].label)) : '',
        plain ? h('p', { class: 'gp-hint' }, this.word('outlines')) : '',
        single || plain ? '' : h('table', { class: 'gp-classes' },
          sized ? h('thead', {}, h('tr', {}, h('th', { colspan: 2 }), h('th', { scope: 'col' }, this.word('count')), heads.map(t => h('th', { scope: 'col' }, t)))) : '',
          h('tbody', {}, used.map(code => h('tr', {},
            h('td', {}, this.swatch(layer, code)), h('td', {}, this.say(meta.classes[code].label)),
            h('td', {}, gisplan.count(meta.counts[code])), figures(code).map(t => h('td', {}, t)))),
          sized && used.length > 1 ? h('tr', { class: 'gp-all' }, h('td', { colspan: 2 }, this.word('total')), h('td', {}, gisplan.count(total)),
            (areas ? [gisplan.hectares(all), gisplan.mu(all, all)] : [gisplan.fixed(all / 1000, 2)]).map(t => h('td', {}, t))) : '')));
    }

    swatch(layer, code) {
      const meta = layer.table.meta, c = meta.classes[code], missing = code === meta.classes.length - 1 && meta.classed;
      if (meta.kind === 'polygon') return h('i', { class: 'gp-swatch' + (missing ? ' gp-hatch' : ''), style: missing ? {} : { background: over(c.color, gisplan.FILL) } });
      if (meta.kind === 'line') return h('i', { class: 'gp-line', style: { background: c.color, height: Math.min(6, Math.max(2, c.weight)) + 'px' } });
      return h('i', { class: 'gp-dot', style: { background: c.color } });
    }

    zoneFigures() {
      const s = this.state, n = this.table.n, order = this.names.map((_, i) => i);
      if (!n) return this.page('zones', h('p', { class: 'gp-hint' }, this.word('noneShown')));
      const select = h('select', { id: 'gp-zone', onchange: e => this.chooseZone(Number(e.target.value)) },
        h('option', { value: -1, selected: s.zone < 0 }, this.word('none')), order.map(i => h('option', { value: i, selected: s.zone === i }, this.names[i])));
      return this.page('zones',
        h('label', { class: 'gp-field' }, h('span', {}, this.word('pickZone')), select),
        s.zone < 0 ? h('p', { class: 'gp-hint' }, this.word('hint')) : '',
        this.config.indicators.length ? this.bars(order) : '',
        s.zone < 0 ? '' : this.figures());
    }

    bars(order) {
      const k = this.state.indicator, v = this.values[k], known = v.filter(x => x !== null && isFinite(x));
      const least = Math.min(0, ...known), span = Math.max(0, ...known) - least || 1;
      const { codes, colors } = this.classed();
      const at = x => x === null || !isFinite(x) ? -Infinity : x;
      const rows = order.slice().sort((a, b) => at(v[b]) - at(v[a]) || a - b);
      return h('div', { class: 'gp-compare' },
        h('h2', {}, this.say(this.indicator.label), h('small', {}, this.word('compare'))),
        h('ol', { class: 'gp-bars' }, rows.map(i => h('li', {}, h('button', {
          type: 'button', id: 'gp-bar-' + i, 'aria-pressed': String(i === this.state.zone), onclick: () => this.chooseZone(i)
        }, h('span', { class: 'gp-bar-name' }, this.names[i]),
        h('span', { class: 'gp-bar-track' }, at(v[i]) === -Infinity ? '' : h('i', { style: {
          left: (Math.min(0, v[i]) - least) / span * 100 + '%', width: Math.max(0.8, Math.abs(v[i]) / span * 100) + '%', background: colors[codes[i]] } })),
        h('span', { class: 'gp-bar-value' }, this.figure(i, k, true)))))));
    }

    figures() {
      const rows = [];
      this.grouped().forEach(group => {
        rows.push(h('tr', { class: 'gp-group' }, h('th', { colspan: 2, scope: 'colgroup' }, group.name)));
        group.members.forEach(k => { const i = this.config.indicators[k]; rows.push(h('tr', { class: k === this.state.indicator ? 'gp-now' : null, 'data-indicator': i.id },
          h('th', { scope: 'row' }, h('button', { type: 'button', class: 'gp-link', id: 'gp-figure-' + k, title: this.say(i.explain), onclick: () => this.setIndicator(k) }, this.say(i.label))),
          h('td', {}, this.figure(this.state.zone, k)))); });
      });
      return h('div', {}, h('h2', {}, this.names[this.state.zone], h('small', {}, this.word('figures'))), h('table', { class: 'gp-figures' }, h('tbody', {}, rows)));
    }

    notes() {
      if (!this.config.notes.length) return '';
      return this.page('notes', h('ul', {}, this.config.notes.map(n => h('li', {}, this.say(n)))), h('p', { class: 'gp-made' }, this.word('madeWith')));
    }
  }

  /* A colour as it looks through `alpha` on the map's ground. */
  function over(color, alpha) {
    const mix = k => Math.round(parseInt(color.substr(k, 2), 16) * alpha + 247 * (1 - alpha));
    return 'rgb(' + [mix(1), mix(3), mix(5)].join(',') + ')';
  }

  function dark(color) {
    if (!color) return false;
    const part = k => parseInt(color.substr(k, 2), 16);
    return 0.299 * part(1) + 0.587 * part(3) + 0.114 * part(5) < 125;
  }

  function arrow() {
    const make = (tag, set) => {
      const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
      Object.keys(set).forEach(k => e.setAttribute(k, set[k]));
      return e;
    };
    const svg = make('svg', { viewBox: '0 0 20 26', width: 20, height: 26, 'aria-hidden': 'true' });
    svg.append(make('path', { d: 'M10 1 L17 24 L10 19 Z', fill: '#fff', stroke: '#22303c' }), make('path', { d: 'M10 1 L3 24 L10 19 Z', fill: '#22303c', stroke: '#22303c' }));
    return svg;
  }
})();
