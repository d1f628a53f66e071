/* The page: its frame, its state, and the parts that fill it. Each file after this one adds a part. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;

  /* A part is {name, …} with any of:
       tab: word                       it has a page of its own among the tabs
       open(view)                      once, when the map is there
       render(view, box)               fill its box (section or tab page) again; an open page only
       section: 'top'                  its box stands above the tabs
       heads, tools: [{id, word, glyph, press(view, event), pressed(view)}]   buttons of the header, of the map
       painted(view)                   after colours, filter or language changed
       rendered(view)                  after the panel was filled
       picked(view, found, latlng)     the map was clicked
       save(view)                      {key: text} of what a link to this view must hold
       load(view, {key: text})         take it up again; a key that is absent means what the page opens with
       joined(view, side), parted(view, side)   a second map came or is about to go
       legend(view, box)               add a row to the end of the legend
       print(view, on)                 the page is about to be printed, or was
     Boxes stay; what is in them is made again by render(). */
  gisplan.parts = [];

  gisplan.panel = function (map, settings, zones, layers) {
    const config = JSON.parse(document.getElementById(settings).textContent);
    return Promise.all([zones.ready].concat(layers.map(l => l.ready)))
      .then(() => new View(map, config, zones, layers))
      .catch(error => {
        const lang = config.language === 'en' ? 'en' : 'zh';
        map.getContainer().append(h('p', { class: 'gp-fail', role: 'alert' }, gisplan.word('failed', lang), h('small', {}, String(error))));
        throw error;
      });
  };

  /* A map that stands twice in one page needs ids of its own. */
  const prefixes = {};
  const unique = prefix => { const n = prefixes[prefix] = (prefixes[prefix] || 0) + 1; return n === 1 ? prefix : prefix + '-' + n; };

  class View {
    constructor(map, config, zones, given) {
      const layers = given.filter(l => !l.table.meta.run);
      this.others = given.filter(l => l.table.meta.run);     // layers of another run, for a second map
      // Ids are texts, and may be called __proto__.
      Object.assign(this, { map, config, table: zones.table, masks: Object.create(null), sources: Object.create(null) });
      this.prefix = unique(config.prefix || 'gp');
      const open = layers.filter(l => map.hasLayer(l)), colourings = Object.create(null);
      layers.forEach(l => { colourings[l.table.meta.id] = l.table.meta.colourings[0].id; });
      this.state = {
        lang: config.language === 'en' ? 'en' : 'zh', tab: 'legend', zone: -1, alpha: 0.88, preset: null, folded: false, ghost: true
      };
      // At first sight the plan itself; without one, the first indicator.
      const mode = open.some(l => l.table.meta.kind === 'polygon') || !config.indicators.length ? 'classes' : 'indicator';
      this.build();
      this.sides = [new gisplan.Side(this, map, zones, layers, { mode, indicator: 0, scheme: 'natural', colourings })];
      this.listen(this.sides[0]);
      this.tell('open');
      this.opened = true;                    // until now parts only set what the first painting will use
      this.render();
      this.paint();
      map.invalidateSize({ animate: false });
      if (!this.placed) this.fit();
      this.root.dataset.gisplan = 'open';
      gisplan.painted().then(() => {
        this.root.dataset.gisplan = 'ready';
        if (!config.embedded) document.documentElement.dataset.gisplan = 'ready';
      });
    }

    /* ---- words, ids, state ---- */
    word(key) { return gisplan.word(key, this.state.lang); }
    say(text) { return gisplan.say(text, this.state.lang); }
    id(name) { return this.prefix + '-' + name; }
    element(name) { return document.getElementById(this.id(name)); }
    get side() { return this.sides[0]; }
    get look() { return this.sides[0].look; }
    get zones() { return this.sides[0].zones; }
    get layers() { return this.sides[0].layers; }
    get values() { return this.sides[0].values; }
    get names() { return this.sides[0].names; }
    get indicator() { return this.config.indicators[this.look.indicator]; }
    tell(what, ...about) { return gisplan.parts.map(part => part[what] && part[what](this, ...about)); }
    set(change) { Object.assign(this.state, change); this.render(); }
    /* Change the colours of one map. */
    colour(change, side) { Object.assign((side || this.side).look, change); if (this.opened) { this.render(); this.paint(); } }
    /* Show only the rows of a layer whose mask is not 0; null shows all. Each source (filter, time …) has a mask of its
       own, and a row is drawn where all of them let it. `run` says which run's layer it is: rows differ between runs. */
    setMask(layer, mask, source, run) {
      const key = maskKey(layer, run), kept = this.sources[key] || (this.sources[key] = {});
      kept[source || 'filter'] = mask;
      const all = Object.keys(kept).map(name => kept[name]).filter(Boolean);
      this.masks[key] = all.length > 1 ? Uint8Array.from(all[0], (v, i) => all.every(one => one[i]) ? 1 : 0) : all[0] || null;
    }
    mask(layer, run) { return this.masks[maskKey(layer, run)] || null; }

    paint() {
      this.sides.forEach(side => side.paint());
      this.tell('painted');
    }

    figure(row, k, bare, side) {
      return gisplan.figure((side || this.side).values[k][row], this.config.indicators[k], this.state.lang, bare);
    }

    /* ---- the fixed frame ---- */
    build() {
      const map = this.map, box = map.getContainer();
      this.head = h('header', { class: 'gp-head' });
      this.body = h('div', { class: 'gp-body' });
      this.panel = h('aside', { class: 'gp-panel', id: this.id('panel'), tabindex: -1 }, this.head, this.body);
      this.stage = h(this.config.embedded ? 'div' : 'main', { class: 'gp-maps' });
      // Not a link: the address after "#" holds the view.
      this.skip = h('button', { class: 'gp-skip', type: 'button', onclick: () => { if (this.state.folded) this.fold(false); this.panel.focus(); } });
      this.root = h('div', { class: 'gp-stage' }, this.skip, this.stage, this.panel);
      box.parentNode.insertBefore(this.root, box);
      this.stage.append(box);
      if (!this.config.embedded) document.body.classList.add('gp-page');
      this.tabs = h('div', { class: 'gp-tabs', role: 'tablist' });
      this.boxes = {};
      gisplan.parts.filter(p => p.section).forEach(p => { this.boxes[p.name] = h('section', { class: 'gp-' + p.name }); this.body.append(this.boxes[p.name]); });
      this.body.append(this.tabs);
      this.tabbed().forEach(p => {
        this.boxes[p.name] = h('section', { class: 'gp-page-' + p.name, id: this.id(p.name), role: 'tabpanel', 'aria-labelledby': this.id('tab-' + p.name) });
        this.body.append(this.boxes[p.name]);
      });
      map.zoomControl && map.zoomControl.remove();
      this.bar = h('div', { class: 'leaflet-bar gp-bar' });
      box.querySelector('.leaflet-top.leaflet-left').append(h('div', { class: 'leaflet-control' }, this.bar));
      this.north = h('div', { class: 'leaflet-control gp-north' });
      box.querySelector('.leaflet-bottom.leaflet-right').append(this.north);
      L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
      this.opener = h('button', { class: 'gp-opener', type: 'button', id: this.id('open'), onclick: () => this.fold(false) });
      this.over(this.opener);
      this.quiet(this.bar);
    }

    tabbed() { return gisplan.parts.filter(p => p.tab && !(p.absent && p.absent(this))); }

    /* Put an element over the map; clicks and wheel on it do not reach the map. */
    over(element) {
      this.stage.append(element);
      this.quiet(element);
      return element;
    }
    quiet(element) {
      L.DomEvent.disableClickPropagation(element);
      L.DomEvent.disableScrollPropagation(element);
      // Leaflet looks for this element above the one that was clicked, and finds nothing when that one is gone by then.
      element.addEventListener('click', e => e.stopPropagation());
    }

    fit() {
      const b = this.config.bounds;
      this.map.fitBounds([[b[1], b[0]], [b[3], b[2]]], { padding: [18, 18], animate: false });
      this.home = this.where();
    }

    /* Middle and zoom of the map as text, by the pixel that is really in the middle: opened again, it is the same pixel. */
    where() {
      const map = this.map, at = map.containerPointToLatLng(map.getSize().divideBy(2));
      return at.lat.toFixed(7) + ',' + at.lng.toFixed(7) + ',' + Number(map.getZoom().toFixed(3));
    }

    fold(away) {
      this.state.folded = away;
      this.root.classList.toggle('gp-folded', away);
      this.sides.forEach(side => side.map.invalidateSize({ animate: false }));
      this.render();
      const next = this.element(away ? 'open' : 'fold');
      if (next) next.focus();
    }

    /* ---- pointing and choosing ---- */
    listen(side) {
      side.map.gisplan.onpick = (found, at) => this.picked(found, at, side);
      side.map.gisplan.onbrief = found => this.brief(found, side);
    }

    brief(found, side) {
      if (found.layer !== side.zones) return null;
      const { values, about } = side.shown || {};
      const rows = side.zoned && h('span', { class: 'gp-tip-class' }, this.say(about.label), ' ', h('b', {}, gisplan.figure(values[found.row], about, this.state.lang)));
      return h('div', {}, h('strong', {}, side.names[found.row]), rows);
    }

    picked(found, at, side) {
      if (found && found.layer === side.zones) { this.tell('picked', null, at); this.chooseZone(found.row, side); return; }
      this.mark(found || (this.state.zone >= 0 ? { layer: side.zones, row: this.state.zone } : null));
      this.tell('picked', found, at);
    }

    /* Outline a feature on every map. */
    mark(found) {
      this.sides.forEach(side => {
        const meta = found && found.layer.table.meta, layer = found && [side.zones].concat(side.layers).find(l => l.table.meta.id === meta.id);
        const row = layer ? sameRow(found, layer.table) : -1;
        side.map.gisplan.mark(row >= 0 ? { layer, row } : null);
      });
    }

    /* `side` tells whose row it is, when that is not the first map's. */
    chooseZone(at, side) {
      const row = side && side.run ? sameRow({ layer: side.zones, row: at }, this.table) : at;
      this.mark(row >= 0 ? { layer: this.zones, row } : null);
      if (this.state.folded) this.fold(false);
      this.set({ zone: row, tab: 'zones' });
    }

    /* ---- contents ---- */
    render() {
      const focus = document.activeElement && document.activeElement.id, top = this.body.scrollTop, tab = this.shownTab, s = this.state;
      this.renderHead();
      this.renderMap();
      gisplan.parts.filter(p => p.section).forEach(p => p.render(this, this.boxes[p.name]));
      this.renderTabs();
      const tabbed = this.tabbed();
      gisplan.parts.filter(p => p.tab).forEach(p => {
        const box = this.boxes[p.name] || h('p');
        box.hidden = s.tab !== p.name;
        if (!tabbed.includes(p)) return;
        // Paper shows every page it wants, so all are kept up to date there.
        if (s.tab === p.name || gisplan.printing) p.render(this, box);
      });
      this.body.scrollTop = tab === s.tab ? top : 0;
      this.shownTab = s.tab;
      this.tell('rendered');
      const again = focus && document.activeElement !== document.getElementById(focus) && document.getElementById(focus);
      if (again) again.focus({ preventScroll: true });
    }

    renderHead() {
      const s = this.state, title = this.config.title, other = s.lang === 'en' ? 'zh' : 'en', both = this.config.language === 'both';
      this.root.lang = s.lang === 'en' ? 'en' : 'zh-CN';
      if (!this.config.embedded) document.documentElement.lang = this.root.lang;
      this.panel.setAttribute('aria-label', this.word('panel'));
      this.skip.textContent = this.word('skip');
      this.head.textContent = '';
      this.head.append(
        h('div', { class: 'gp-tools' },
          h('button', { id: this.id('lang'), type: 'button', 'aria-label': this.word('otherLong'), onclick: () => { this.set({ lang: other }); this.paint(); } }, this.word('other')),
          this.buttons('heads'),
          h('button', { id: this.id('fold'), type: 'button', class: 'gp-fold', 'aria-label': this.word('hide'), title: this.word('hide'), onclick: () => this.fold(!s.folded) })),
        h('h1', {}, this.say(title), both && title[other] !== title[s.lang] ? h('span', { lang: other === 'en' ? 'en' : 'zh-CN' }, title[other] || '') : ''),
        h('p', { class: 'gp-sub' }, this.say(this.config.subtitle)));
    }

    renderMap() {
      this.sides.forEach(side => {
        const box = side.map.getContainer();
        box.setAttribute('role', 'application');
        box.setAttribute('aria-label', this.word('map') + ' — ' + this.say(this.config.title));
      });
      this.opener.textContent = this.word('legend');
      this.opener.setAttribute('aria-label', this.word('show'));
      this.bar.textContent = '';
      const zoom = [['+', 'zoomIn', () => this.map.zoomIn(1)], ['−', 'zoomOut', () => this.map.zoomOut(1)], ['⤢', 'fit', () => this.fit()]]
        .map(([glyph, word, press]) => ({ id: word, glyph, word, press }));
      this.bar.append(...this.buttons('tools', zoom));
      this.north.textContent = '';
      this.north.append(arrow(), this.word('north'));
      this.north.title = this.word('northLong');
    }

    /* Buttons that the parts bring. */
    buttons(where, first) {
      return (first || []).concat(...gisplan.parts.map(p => p[where] || [])).filter(b => !(b.absent && b.absent(this))).map(b => {
        const label = b.label ? b.label(this) : this.word(b.word);
        return h('button', {
          type: 'button', id: this.id(b.id), title: b.glyph ? label : null, 'aria-label': b.glyph ? label : null,
          'aria-pressed': b.pressed ? String(Boolean(b.pressed(this))) : null, onclick: e => b.press(this, e)
        }, typeof b.glyph === 'function' ? b.glyph(this) : b.glyph || label);
      });
    }

    renderTabs() {
      const parts = this.tabbed(), s = this.state;
      const move = (e, k) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
        if (!step) return;
        const next = parts[(k + step + parts.length) % parts.length].name;
        this.set({ tab: next });
        this.element('tab-' + next).focus();
      };
      this.tabs.textContent = '';
      this.tabs.append(...parts.map((p, k) => h('button', {
        type: 'button', role: 'tab', id: this.id('tab-' + p.name), 'aria-selected': String(s.tab === p.name), 'aria-controls': this.id(p.name),
        tabindex: s.tab === p.name ? 0 : -1, onclick: () => this.set({ tab: p.name }), onkeydown: e => move(e, k)
      }, this.word(p.tab))));
    }
  }

  /* The row of the same feature in a table that may be another run's: there ids tell, not rows. */
  function sameRow(found, table) {
    const own = found.layer.table, title = (own.meta.columns || [])[0], key = own.meta.kind === 'zone' ? 'zone_id' : title && title.key;
    if (own === table) return found.row;
    const id = key && table.columns[key] ? own.value(key, found.row) : null;
    if (id === null) return -1;
    for (let i = 0; i < table.n; i++) if (table.value(key, i) === id) return i;
    return -1;
  }

  const maskKey = (layer, run) => run ? layer + '@' + run : layer;

  function arrow() {
    const make = (tag, set) => {
      const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
      Object.keys(set).forEach(k => e.setAttribute(k, set[k]));
      return e;
    };
    const svg = make('svg', { viewBox: '0 0 20 26', width: 20, height: 26, 'aria-hidden': 'true' });
    svg.append(make('path', { d: 'M10 1 L17 24 L10 19 Z', class: 'gp-arrow-light' }), make('path', { d: 'M10 1 L3 24 L10 19 Z', class: 'gp-arrow' }));
    return svg;
  }
})();
