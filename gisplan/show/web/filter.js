/* The page of filters, and above the tabs what is filtered now. Inputs stay in place while their counts change. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  const FEW = 8, MANY = 200, OPEN = 3;

  gisplan.words({
    filter: ['筛选', 'Filter'], filterLayer: ['筛选图层', 'Filter the layer'], clearAll: ['全部清除', 'Clear all'], filtered: ['已筛选', 'Filtered'], remove: ['取消筛选', 'Remove the filter'],
    shownOf: ['显示 {0} / {1}', '{0} of {1} shown'], zoomShown: ['缩放至结果', 'Zoom to these'], csv: ['导出 CSV', 'Save CSV'], listed: ['列表', 'List'],
    ghost: ['淡显其余要素', 'Show the others faintly'], from: ['从', 'From'], to: ['至', 'to'], allValues: ['全部 {0} 项', 'All {0} values'], fewer: ['收起', 'Fewer'],
    notListed: ['另有 {0} 项较少见，未列出，可用“查找”。', '{0} rarer values are not listed: use Find.'],
    years: ['日期（年份）', 'Dates (year)'], numbers: ['数值', 'Numbers'],
    nothingFits: ['没有符合全部条件的要素。', 'Nothing meets all conditions.'], chart: ['在图上拖动可选取区间', 'Drag over the chart to choose a range']
  });
  const filling = gisplan.filled = (text, ...parts) => text.replace(/\{(\d)\}/g, (_, k) => parts[k]);
  const filterable = view => view.layers.filter(l => gisplan.sieve(l.table).facets.length);

  /* ---- what is filtered ---- */
  gisplan.filterBy = function (view, layer, key, filter) {
    gisplan.sieve(layer.table).put(key, filter);
    masked(view, layer);
    view.render();
    view.paint();
  };
  function masked(view, layer) { view.setMask(layer.table.meta.id, gisplan.sieve(layer.table).mask()); }

  function clear(view) {
    view.layers.forEach(layer => {
      const sieve = gisplan.sieve(layer.table);
      sieve.active.forEach(key => sieve.put(key, null));
      masked(view, layer);
    });
    view.render();
    view.paint();
  }

  /* Rows of a layer that are shown. */
  gisplan.shownRows = function (view, layer) {
    const mask = view.masks[layer.table.meta.id], rows = new Uint32Array(layer.table.n);
    let count = 0;
    for (let i = 0; i < rows.length; i++) if (!mask || mask[i]) rows[count++] = i;
    return rows.subarray(0, count);
  };

  gisplan.zoomTo = function (view, table, rows) {
    const box = gisplan.extent(table, rows), side = view.side, wide = side.map.getSize().x > 700 && rows.length === 1;
    if (box) side.map.fitBounds(box, { paddingTopLeft: [30, 30], paddingBottomRight: [wide ? 310 : 30, 30], maxZoom: 18, animate: false });
  };

  /* A filter in words. */
  function said(view, facet, filter) {
    const lang = view.state.lang, none = view.word('noData');
    if (filter.text !== undefined) return '“' + filter.text + '”';
    const data = facet.data();
    if (filter.is) {
      const names = filter.is.map(plain => plain === null ? none : data.name(data.code(plain), lang)), comma = lang === 'en' ? ', ' : '、';
      return names.slice(0, 2).join(comma) + (names.length > 2 ? ' +' + (names.length - 2) : '');
    }
    const unit = gisplan.unit(facet.unit || '', lang), number = v => facet.years ? String(v) : gisplan.plain(v), parts = [];
    const a = filter.from, b = filter.to, has = v => v !== null && v !== undefined;
    if (has(a) && has(b)) parts.push(a === b ? number(a) : number(a) + ' – ' + number(b));
    else if (has(a)) parts.push('≥ ' + number(a));
    else if (has(b)) parts.push('≤ ' + number(b));
    if (parts.length && unit) parts[0] += unit === '%' ? unit : ' ' + unit;
    return parts.concat(filter.none ? none : []).join(' + ');
  }

  const titled = (view, facet) => facet ? view.say(facet.label) : view.word('find');

  gisplan.parts.push({
    name: 'chips', section: 'top',
    render(view, box) {
      const several = filterable(view).length > 1, chips = [];
      view.layers.forEach((layer, at) => {
        const sieve = gisplan.sieve(layer.table);
        sieve.active.forEach((key, k) => {
          const facet = sieve.facet(key), name = (several ? view.say(layer.table.meta.label) + ' · ' : '') + titled(view, facet), what = said(view, facet, sieve.set[key]);
          chips.push(h('button', { type: 'button', class: 'gp-chip', id: view.id('chip-' + at + '-' + k), 'aria-label': view.word('remove') + ' ' + name + ' ' + what,
            onclick: () => gisplan.filterBy(view, layer, key, null) }, h('span', {}, name + ' '), h('b', {}, what), h('i', { 'aria-hidden': 'true' }, '×')));
        });
      });
      box.hidden = !chips.length;
      box.textContent = '';
      if (!chips.length) return;
      box.setAttribute('aria-label', view.word('filtered'));
      box.append(h('div', { class: 'gp-chip-list' }, chips), h('button', { type: 'button', class: 'gp-link', id: view.id('clear'), onclick: () => clear(view) }, view.word('clearAll')));
    }
  });

  /* ---- the page ---- */
  gisplan.parts.push({
    name: 'filter', tab: 'filter', absent: view => Boolean(view.sides) && !filterable(view).length,
    render(view, box) {
      const layers = filterable(view), id = view.state.filterLayer, layer = layers.find(l => l.table.meta.id === id) || layers[0];
      const now = layer.table.meta.id + ' ' + view.state.lang;
      if (box.made !== now) { box.made = now; box.page = new Page(view, box, layer, layers); }
      box.page.update();
    },
    save(view) {
      const out = {};
      view.layers.forEach(l => { const sieve = gisplan.sieve(l.table); if (sieve.active.length) out[l.table.meta.id] = Object.assign({}, sieve.set); });
      return { filter: Object.keys(out).length ? JSON.stringify(out) : '', others: view.state.ghost ? '' : 'hidden' };
    },
    load(view, given) {
      let wanted = {};
      try { wanted = JSON.parse(given.filter || '{}') || {}; } catch (error) { /* a damaged link filters nothing */ }
      view.state.ghost = given.others !== 'hidden';
      view.layers.forEach(layer => {
        const sieve = gisplan.sieve(layer.table), own = wanted[layer.table.meta.id] || {};
        sieve.active.forEach(key => sieve.put(key, null));
        Object.keys(own).forEach(key => sieve.put(key, own[key]));
        masked(view, layer);
      });
    }
  });

  class Page {
    constructor(view, box, layer, layers) {
      Object.assign(this, { view, layer, sieve: gisplan.sieve(layer.table) });
      const id = layer.table.meta.id, button = (name, word, press) => h('button', { type: 'button', class: 'gp-small', id: view.id(name), onclick: press }, view.word(word));
      this.shown = h('p', { class: 'gp-filter-sum', 'aria-live': 'polite' });
      this.ghost = h('input', { type: 'checkbox', id: view.id('ghost'), onchange: e => { view.state.ghost = e.target.checked; view.paint(); } });
      const opened = view.state.facets || (view.state.facets = {});
      this.facets = this.sieve.facets.map((facet, k) => new (facet.kind === 'values' ? Values : Range)(this, facet, k, opened, id + ' ' + facet.key));
      box.textContent = '';
      box.append(
        layers.length > 1 ? h('label', { class: 'gp-field' }, h('span', {}, view.word('filterLayer')),
          h('select', { id: view.id('filter-layer'), onchange: e => view.set({ filterLayer: e.target.value }) },
            layers.map(l => h('option', { value: l.table.meta.id, selected: l === layer }, view.say(l.table.meta.label))))) : '',
        this.shown,
        h('div', { class: 'gp-row' }, button('filter-zoom', 'zoomShown', () => gisplan.zoomTo(view, layer.table, gisplan.shownRows(view, layer))),
          button('filter-list', 'listed', () => gisplan.list(view, id)), button('filter-csv', 'csv', () => gisplan.saveCsv(view, layer, gisplan.shownRows(view, layer)))),
        h('label', { class: 'gp-check' }, this.ghost, view.word('ghost')),
        ...this.facets.reduce((all, f, k) => all.concat(headed(view, f.facet, k && this.facets[k - 1].facet), f.box), []));
    }

    put(facet, filter) { gisplan.filterBy(this.view, this.layer, facet.key, filter); }

    update() {
      const { view, layer } = this, meta = layer.table.meta, rows = gisplan.shownRows(view, layer);
      let text = filling(view.word('shownOf'), gisplan.count(rows.length), gisplan.count(layer.table.n));
      if (meta.size) {
        const sizes = layer.table.numbers(meta.size);
        let sum = 0;
        for (let k = 0; k < rows.length; k++) if (sizes[rows[k]] === sizes[rows[k]]) sum += sizes[rows[k]];
        text += meta.kind === 'polygon' ? [['ha', gisplan.hectares(sum)], ['mu', gisplan.mu(sum, sum)]].map(([u, v]) => ' · ' + v + ' ' + gisplan.unit(u, view.state.lang)).join('')
          : ' · ' + gisplan.fixed(sum / 1000, 2) + ' km';
      }
      this.shown.textContent = rows.length ? text : view.word('nothingFits');
      this.ghost.checked = view.state.ghost;
      this.facets.forEach(f => f.update());
    }
  }

  /* The first filter of its kind has a line above it that says which kind. */
  function headed(view, facet, before) {
    const kind = f => f.years ? 'years' : f.kind === 'range' ? 'numbers' : 'values';
    return kind(facet) === 'values' || before && kind(before) === kind(facet) ? [] : h('h2', { class: 'gp-facet-kind' }, view.word(kind(facet)));
  }

  /* A filter that folds: its name is a button, and what it holds is made when it is first opened. */
  class Facet {
    constructor(page, facet, k, opened, key) {
      Object.assign(this, { page, facet, opened, key, view: page.view });
      if (opened[key] === undefined) opened[key] = k < OPEN && facet.kind === 'values';
      const id = this.view.id('facet-' + k);
      this.id = id;
      this.chosen = h('span', { class: 'gp-chosen' });
      this.button = h('button', { type: 'button', id, 'aria-controls': id + '-in', onclick: () => { opened[key] = !opened[key]; this.update(); } }, h('span', {}, this.view.say(facet.label)), this.chosen);
      this.body = h('div', { id: id + '-in', role: 'group', 'aria-labelledby': id });
      this.box = h('section', { class: 'gp-facet' }, h('h3', {}, this.button), this.body);
    }

    get filter() { return this.page.sieve.set[this.facet.key]; }

    update() {
      const open = this.opened[this.key];
      this.button.setAttribute('aria-expanded', String(open));
      this.chosen.textContent = this.filter ? said(this.view, this.facet, this.filter) : '';
      this.body.hidden = !open;
      if (!open) return;
      if (!this.made) { this.made = true; this.make(); }
      this.fill(this.page.sieve.counts(this.facet.key));
    }
  }

  class Values extends Facet {
    make() {
      const data = this.facet.data(), totals = new Uint32Array(data.n);
      for (let i = 0; i < data.codes.length; i++) totals[data.codes[i]]++;
      // Classes keep the legend's order; other values come by how often they occur, "no data" last.
      const found = Array.from(totals.keys()).filter(code => totals[code] && code !== data.missing);
      if (!data.color(0)) found.sort((a, b) => totals[b] - totals[a] || a - b);
      this.codes = found.slice(0, MANY);
      this.left = found.length - this.codes.length;
      if (totals[data.missing]) this.codes.push(data.missing);
      this.list();
    }

    list() {
      const { view } = this, data = this.facet.data(), lang = view.state.lang, long = this.codes.length > FEW + 2, few = long && !this.all;
      this.rows = this.codes.filter((code, k) => !few || k < FEW || code === data.missing).map(code => {
        const none = code === data.missing, color = data.color(code);
        const tick = h('input', { type: 'checkbox', id: this.id + '-' + code, onchange: () => this.tick() }), count = h('span', { class: 'gp-count' });
        return { code, tick, count, box: h('label', { class: 'gp-value' }, tick,
          color || none ? h('i', { class: 'gp-swatch' + (none ? ' gp-hatch' : ''), style: none ? {} : { background: gisplan.over(color, gisplan.FILL) } }) : '',
          h('span', { class: 'gp-name' }, none ? view.word('noData') : data.name(code, lang)), count) };
      });
      this.body.textContent = '';
      this.body.append(...this.rows.map(r => r.box));
      if (long) {
        this.body.append(h('button', { type: 'button', class: 'gp-link', id: this.id + '-more', onclick: () => { this.all = !this.all; this.list(); this.update(); document.getElementById(this.id + '-more').focus(); } },
          this.all ? view.word('fewer') : filling(view.word('allValues'), gisplan.count(this.codes.length + this.left))));
      }
      if (this.left && !few) this.body.append(h('p', { class: 'gp-hint' }, filling(view.word('notListed'), gisplan.count(this.left))));
    }

    tick() {
      const data = this.facet.data(), hidden = (this.filter ? this.filter.is : []).filter(plain => !this.rows.some(r => data.plain(r.code) === plain));
      const is = this.rows.filter(r => r.tick.checked).map(r => data.plain(r.code)).concat(hidden);
      this.page.put(this.facet, is.length ? { is } : null);
    }

    fill(counts) {
      const data = this.facet.data(), is = this.filter ? this.filter.is : [];
      this.rows.forEach(r => {
        r.tick.checked = is.indexOf(data.plain(r.code)) >= 0;
        r.count.textContent = gisplan.count(counts[r.code]);
        r.box.classList.toggle('gp-zero', !counts[r.code]);
      });
    }
  }

  class Range extends Facet {
    make() {
      const { view, facet } = this, data = facet.data(), bin = data.bin, lang = view.state.lang, unit = gisplan.unit(facet.unit || '', lang);
      const shown = v => facet.years ? String(v) : gisplan.attribute(v, facet.unit === 'share' ? 'share' : '', lang).replace('%', '');
      const field = (name, word, edge) => h('label', {}, h('span', {}, view.word(word)), h('input', { type: 'number', step: 'any', id: this.id + '-' + name, placeholder: data.low <= data.high ? shown(edge) : '', onchange: () => this.typed() }));
      const from = field('from', 'from', data.low), to = field('to', 'to', data.high);
      this.from = from.lastChild; this.to = to.lastChild;
      this.none = h('input', { type: 'checkbox', id: this.id + '-none', onchange: () => this.typed() });
      this.count = h('span', { class: 'gp-count' });
      this.bars = Array.from({ length: bin.count }, () => h('i'));
      this.chart = h('div', { class: 'gp-hist', 'aria-hidden': 'true', title: view.word('chart') }, this.bars);
      this.drag();
      this.body.append(this.chart, h('div', { class: 'gp-range' }, from, to, unit ? h('span', { class: 'gp-unit' }, unit) : ''));
      if (data.none) this.body.append(h('label', { class: 'gp-value' }, this.none, h('i', { class: 'gp-swatch gp-hatch' }), h('span', { class: 'gp-name' }, view.word('noData')), this.count));
    }

    typed() {
      const read = input => input.value === '' || !isFinite(Number(input.value)) ? null : Number(input.value);
      const filter = { from: read(this.from), to: read(this.to), none: this.none.checked };
      this.page.put(this.facet, gisplan.limited(filter) || filter.none ? filter : null);
    }

    /* Drag over the chart: from one step to another. */
    drag() {
      const { bin, times } = this.facet.data();
      const at = e => {
        const box = this.chart.getBoundingClientRect();
        return Math.max(0, Math.min(bin.count - 1, Math.floor((e.clientX - box.left) / box.width * bin.count)));
      };
      const round = v => bin.whole ? v * times : Number((v * times).toPrecision(4));
      const paint = () => this.bars.forEach((b, k) => b.classList.toggle('gp-in', k >= Math.min(this.start, this.end) && k <= Math.max(this.start, this.end)));
      this.chart.addEventListener('pointerdown', e => { this.chart.setPointerCapture(e.pointerId); this.start = this.end = at(e); paint(); });
      this.chart.addEventListener('pointermove', e => { if (this.start !== undefined) { this.end = at(e); paint(); } });
      this.chart.addEventListener('pointercancel', () => { this.start = undefined; this.update(); });
      this.chart.addEventListener('pointerup', () => {
        if (this.start === undefined) return;
        const a = Math.min(this.start, this.end), b = Math.max(this.start, this.end);
        this.start = undefined;
        // The outermost steps have no limit, so that rounding leaves nothing out.
        this.from.value = a === 0 ? '' : round(bin.from(a));
        this.to.value = b === bin.count - 1 ? '' : round(bin.to(b));
        this.typed();
      });
    }

    fill(counts) {
      const { bin, times } = this.facet.data(), filter = this.filter || {}, most = Math.max(1, ...counts.subarray(0, bin.count));
      const has = v => v !== null && v !== undefined, put = (input, v) => { if (!has(v)) input.value = ''; else if (input.value === '' || Number(input.value) !== v) input.value = v; };
      put(this.from, filter.from); put(this.to, filter.to);
      this.none.checked = Boolean(filter.none);
      this.count.textContent = gisplan.count(counts[255]);
      const all = !this.filter, within = gisplan.limited(filter);
      this.bars.forEach((b, k) => {
        // A square root keeps the few visible beside the many.
        b.style.setProperty('height', (counts[k] ? 4 + 96 * Math.sqrt(counts[k] / most) : 0) + '%');
        const low = bin.from(k) * times, high = bin.to(k) * times;
        b.classList.toggle('gp-in', all || within && (!has(filter.from) || high > filter.from || bin.whole && high === filter.from) && (!has(filter.to) || low < filter.to || bin.whole && low === filter.to));
      });
    }
  }
})();
