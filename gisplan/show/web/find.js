/* Find a feature by what it is called, or go through all of a layer with the keyboard alone. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  const ROW = 42, MARKED = 200, WAIT = 120;

  gisplan.words({
    find: ['查找', 'Find'], findLabel: ['按编号或名称查找', 'Find by id or name'], findHint: ['编号、名称…', 'Id, name …'], findLayer: ['图层', 'Layer'], sortBy: ['排序', 'Sort by'],
    fileOrder: ['默认顺序', 'as given'], rising: ['升序', 'Rising'], falling: ['降序', 'Falling'], foundOf: ['找到 {0} / {1}', '{0} of {1} found'], allOf: ['共 {0} 个', '{0} in all'],
    amongShown: ['（已筛选）', ' (filtered)'], nothingFound: ['没有找到。', 'Nothing found.'], alsoIn: ['另有：', 'Also in: '], onlyThese: ['仅显示结果', 'Show only these'],
    listLabel: ['要素列表', 'List of features'], listHelp: ['用上下键选择，回车定位', 'Arrow keys choose, Enter shows on the map']
  });
  /* Layers with anything in them; the zones, when there is nothing at all. */
  const sought = view => {
    const all = [view.zones].concat(view.layers), full = all.filter(l => l.table.n);
    return full.length ? full : all.slice(0, 1);
  };
  const same = (a, b) => a.length === b.length && a.every((v, k) => v === b[k]);

  class Finder {
    constructor(view, box) {
      Object.assign(this, { view, active: -1, rows: new Uint32Array(0), marks: [], lang: '' });
      const id = name => view.id('find-' + name), text = (tag, name) => (this[name] = h(tag, { id: id(name) }));
      this.input = h('input', { type: 'search', id: id('query'), autocomplete: 'off', spellcheck: 'false', role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'true', 'aria-controls': id('list'),
        oncompositionstart: () => { this.composing = true; }, oncompositionend: () => { this.composing = false; this.typed(); }, oninput: () => { if (!this.composing) this.typed(); } });
      this.layerPick = h('select', { id: id('layer'), onchange: e => this.change({ layer: e.target.value, sort: '' }) });
      this.sortPick = h('select', { id: id('sort'), onchange: e => this.change({ sort: e.target.value }) });
      this.way = h('button', { type: 'button', class: 'gp-small', id: id('way'), onclick: () => this.change({ down: !view.state.find.down }) });
      this.told = h('p', { class: 'gp-found', id: id('told'), role: 'status' });
      this.also = h('p', { class: 'gp-hint gp-also' });
      const button = (name, press) => (this[name] = h('button', { type: 'button', class: 'gp-small', id: id(name), onclick: press }));
      this.acts = h('div', { class: 'gp-row' }, button('zoom', () => gisplan.zoomTo(view, this.layer.table, this.rows)), button('only', () => this.narrow()), button('csv', () => gisplan.saveCsv(view, this.layer, this.rows)));
      this.box = h('div', { class: 'gp-list', id: id('list'), role: 'listbox', tabindex: 0 });
      this.head = h('div', { class: 'gp-find-head' }, h('label', {}, text('span', 'queryName'), this.input));
      box.append(this.head, h('div', { class: 'gp-find-set' },
        h('label', {}, text('span', 'layerName'), this.layerPick), h('label', {}, text('span', 'sortName'), this.sortPick), this.way), this.told, this.also, this.acts, text('p', 'help'), this.box);
      this.help.className = 'gp-unseen';
      [this.input, this.box].forEach(e => { e.addEventListener('keydown', event => this.key(event)); e.setAttribute('aria-describedby', id('help')); });
      this.box.addEventListener('focus', () => { if (this.active < 0 && this.rows.length) this.go(0); });
      this.list = new gisplan.List(view.body, this.box, () => view.tabs.offsetHeight + this.head.offsetHeight, ROW, k => this.row(k));
    }

    get state() { return this.view.state.find; }
    get layer() { const all = sought(this.view); return all.find(l => l.table.meta.id === this.state.layer) || all[1] || all[0]; }

    change(change) { Object.assign(this.state, change); this.active = -1; this.update(); }

    /* Every key asks the layer chosen at once, and the others when the hand rests. */
    typed() {
      if (this.input.value === this.state.query) return;
      this.change({ query: this.input.value });
      const body = this.view.body, top = body.getBoundingClientRect().top, page = this.head.parentNode.getBoundingClientRect().top - top + body.scrollTop - this.view.tabs.offsetHeight;
      // A new list begins at its top; where the panel is low, what stands above makes room for it.
      const low = this.box.getBoundingClientRect().top - top > body.clientHeight - 3 * ROW;
      if (low || body.scrollTop > page) { body.scrollTop = page; this.list.refresh(); }
    }

    /* Contents in the language and for the layer of now. */
    update() {
      const { view, state } = this, layer = this.layer, table = layer.table, lang = view.state.lang, fields = gisplan.fields(table);
      this.queryName.textContent = view.word('findLabel');
      this.input.placeholder = view.word('findHint');
      if (this.input.value !== state.query && !this.composing) this.input.value = state.query;
      this.layerName.textContent = view.word('findLayer');
      this.sortName.textContent = view.word('sortBy');
      this.help.textContent = view.word('listHelp');
      this.box.setAttribute('aria-label', view.word('listLabel'));
      this.zoom.textContent = view.word('zoomShown'); this.only.textContent = view.word('onlyThese'); this.csv.textContent = view.word('csv');
      options(this.layerPick, sought(view).map(l => [l.table.meta.id, view.say(l.table.meta.label) + ' (' + gisplan.count(l.table.n) + ')']), table.meta.id);
      if (!fields.some(f => f.id === state.sort)) state.sort = '';
      options(this.sortPick, [['', view.word('fileOrder')]].concat(fields.map(f => [f.id, view.say(f.label)])), state.sort);
      this.way.textContent = state.down ? '↓' : '↑';
      this.way.title = view.word(state.down ? 'falling' : 'rising');
      this.way.setAttribute('aria-label', this.way.title);
      this.way.disabled = !state.sort;
      this.look();
      const n = this.rows.length, all = gisplan.count(table.n), filtered = view.masks[table.meta.id] ? view.word('amongShown') : '';
      this.told.textContent = this.ranks || filtered ? (n ? gisplan.filled(view.word('foundOf'), gisplan.count(n), all) : view.word('nothingFound')) + filtered : gisplan.filled(view.word('allOf'), all);
      this.only.hidden = !this.ranks || !n || table.meta.kind === 'zone';
      this.zoom.disabled = this.csv.disabled = !n;
      if (this.active >= n) this.active = -1;
      this.box.hidden = !n;
      this.list.fill(n);
      this.choose();
      this.mark();
      clearTimeout(this.timer);
      this.also.textContent = '';
      if (this.ranks) this.timer = setTimeout(() => this.elsewhere(layer, lang), WAIT);
    }

    /* The rows to list, in order. */
    look() {
      const { state, view } = this, table = this.layer.table, mask = view.masks[table.meta.id], n = table.n;
      const ranks = this.ranks = gisplan.search(table, state.query), rows = new Uint32Array(n), wanted = i => (!mask || mask[i]) && (!ranks || ranks[i]);
      let count = 0;
      if (state.sort) {
        const kept = table.orders || (table.orders = {}), order = kept[state.sort] || (kept[state.sort] = gisplan.fields(table).find(f => f.id === state.sort).order());
        for (let k = 0; k < n; k++) {
          const i = order.rows[state.down && k < order.known ? order.known - 1 - k : k];
          if (wanted(i)) rows[count++] = i;
        }
      } else if (ranks) {
        // What is asked for exactly comes first, then what begins so.
        for (let rank = 3; rank > 0; rank--) for (let i = 0; i < n; i++) if (ranks[i] === rank && (!mask || mask[i])) rows[count++] = i;
      } else for (let i = 0; i < n; i++) if (wanted(i)) rows[count++] = i;
      this.rows = rows.slice(0, count);
    }

    elsewhere(layer, lang) {
      const { view, state } = this, hits = sought(view).filter(l => l !== layer).map(l => {
        const ranks = gisplan.search(l.table, state.query);
        let count = 0;
        for (let i = 0; i < ranks.length; i++) if (ranks[i]) count++;
        return [l, count];
      }).filter(hit => hit[1]);
      if (!hits.length) return;
      this.also.append(gisplan.word('alsoIn', lang), ...hits.map(([l, count]) => h('button', { type: 'button', class: 'gp-link', onclick: () => { this.change({ layer: l.table.meta.id, sort: '' }); this.input.focus(); } },
        view.say(l.table.meta.label) + ' ' + gisplan.count(count))));
    }

    row(k) {
      const { view } = this, layer = this.layer, row = this.rows[k], table = layer.table, meta = table.meta, lang = view.state.lang;
      const found = { layer, row }, title = gisplan.title(found, lang), sort = gisplan.fields(table).find(f => f.id === this.state.sort);
      const second = gisplan.searched(table).slice(1).map(key => table.value(key, row)).find(v => v !== null && v !== '');
      let mark = '', kind = '', figure = '';
      if (meta.kind === 'zone') figure = view.config.indicators.length ? view.figure(row, view.look.indicator) : '';
      else {
        const colouring = view.side.colouring(layer), code = colouring.codes[row], none = code === colouring.hatched;
        mark = meta.kind === 'line' ? gisplan.line(colouring, code, 3) : h('i', { class: meta.kind === 'polygon' ? 'gp-swatch' + (none ? ' gp-hatch' : '') : 'gp-dot', style: none ? {} : { background: meta.kind === 'polygon' ? gisplan.over(colouring.colors[code], gisplan.FILL) : colouring.colors[code] } });
        kind = colouring.about.column ? colouring.name(code, lang) || view.word('noData') : '';
        const size = meta.size ? table.numbers(meta.size)[row] : NaN;
        figure = size !== size ? '' : meta.kind === 'polygon' ? gisplan.hectares(size) + ' ' + gisplan.unit('ha', lang) : gisplan.fixed(size / 1000, 2) + ' km';
      }
      if (sort && sort.text(row, lang) !== title) figure = sort.text(row, lang);
      return h('div', { class: 'gp-item', role: 'option', id: this.view.id('item-' + k), 'aria-selected': String(k === this.active), 'aria-posinset': k + 1, 'aria-setsize': this.rows.length,
        onclick: () => { this.go(k); this.open(); } },
      h('span', { class: 'gp-item-mark' }, mark), h('span', { class: 'gp-item-text' }, h('b', {}, title), h('small', {}, [second === undefined ? '' : String(second), kind].filter(Boolean).join(' · '))), h('span', { class: 'gp-item-figure' }, figure));
    }

    key(e) {
      if (this.composing || e.isComposing || e.ctrlKey || e.altKey || e.metaKey) return;
      const last = this.rows.length - 1, inList = e.target === this.box, page = this.list.page();
      const to = { ArrowDown: this.active + 1, ArrowUp: Math.max(0, this.active - 1), PageDown: this.active + page, PageUp: Math.max(0, this.active - page), Home: inList ? 0 : null, End: inList ? last : null }[e.key];
      if (to !== undefined && to !== null && last >= 0) { e.preventDefault(); this.go(Math.min(last, to)); }
      else if (e.key === 'Enter' && last >= 0) { e.preventDefault(); if (this.active < 0) this.go(0); this.open(); }
      else if (e.key === 'Escape') { e.preventDefault(); this.input.value = ''; this.input.focus(); this.typed(); }
    }

    /* Make row k the active one, and outline it. */
    go(k) {
      this.active = k;
      this.list.reveal(k);
      this.choose();
      this.view.mark({ layer: this.layer, row: this.rows[k] });
    }
    choose() {
      const id = this.view.id('item-' + this.active);
      Array.from(this.box.children).forEach(item => item.setAttribute('aria-selected', String(item.id === id)));
      [this.input, this.box].forEach(e => { if (this.active >= 0) e.setAttribute('aria-activedescendant', id); else e.removeAttribute('aria-activedescendant'); });
    }

    /* Show the active row on the map, with its card. */
    open() {
      const { view } = this, layer = this.layer, row = this.rows[this.active], side = view.side;
      gisplan.zoomTo(view, layer.table, [row]);
      if (layer === view.zones) { view.chooseZone(row); return; }
      if (!side.map.hasLayer(layer)) { side.map.addLayer(layer); view.state.preset = null; view.render(); }
      view.picked({ layer, row }, gisplan.within(layer.table, row), side);
    }

    narrow() { gisplan.filterBy(this.view, this.layer, 'text', { text: this.state.query.trim() }); }

    /* Outline what was found, unless it is too much to tell apart. */
    mark() {
      this.marks.splice(0).forEach(m => m.remove());
      const { view } = this, table = this.layer.table, n = this.rows.length;
      if (!this.ranks || !n || n > MARKED || view.state.tab !== 'find') return;
      const set = { interactive: false, fill: false, color: '#14608f', weight: 2 };
      view.sides.forEach(side => {
        const shapes = Array.from(this.rows, row => {
          const chains = table.latlngs(row), kind = table.kind[row];
          return kind === 3 ? L.polygon(chains, set) : kind === 2 ? L.polyline(chains, Object.assign({}, set, { weight: 4 })) : L.featureGroup(chains.map(c => L.circleMarker(c[0], Object.assign({ radius: 9 }, set))));
        });
        this.marks.push(L.layerGroup(shapes).addTo(side.map));
      });
    }
  }

  /* Put options into a list only when they changed: an open list would fold. */
  function options(pick, wanted, chosen) {
    const now = Array.from(pick.options, o => o.value + ' ' + o.textContent);
    if (!same(now, wanted.map(o => o.join(' ')))) {
      pick.textContent = '';
      pick.append(...wanted.map(([value, text]) => h('option', { value }, text)));
    }
    pick.value = chosen;
  }

  /* Go to the list of a layer. */
  gisplan.list = function (view, id) {
    Object.assign(view.state.find, { layer: id, query: '' });
    view.set({ tab: 'find' });
    view.finder.input.focus();
  };

  gisplan.parts.push({
    name: 'find', tab: 'find',
    open(view) {
      const first = view.side.polygons[0];
      view.state.find = { layer: first ? first.table.meta.id : '', query: '', sort: '', down: false };
      gisplan.painted().then(() => sought(view).forEach(l => gisplan.prepare(l.table)));
    },
    render(view, box) {
      if (!view.finder) view.finder = new Finder(view, box);
      view.finder.update();
    },
    painted(view) { if (view.finder && view.state.tab !== 'find') view.finder.mark(); },
    save(view) {
      const f = view.state.find;
      return { find: f.query, list: f.layer, sort: f.sort && (f.down ? '-' : '+') + f.sort };
    },
    load(view, given) {
      const f = view.state.find, sort = given.sort || '', layer = sought(view).find(l => l.table.meta.id === given.list);
      Object.assign(f, { query: given.find || '', sort: sort.slice(1), down: sort[0] === '-' });
      if (layer) f.layer = given.list;
    }
  });
})();
