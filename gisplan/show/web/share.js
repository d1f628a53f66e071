/* A link to what is seen: the view stands in the address after "#", in words where words do. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;

  gisplan.words({
    share: ['复制链接', 'Copy link'], copied: ['链接已复制。', 'The link is copied.'], copySelf: ['请按 Ctrl+C 复制：', 'Press Ctrl+C to copy:'],
    linkText: ['当前视图的链接', 'Link to this view'],
    fileLink: ['该链接在此文件位于同一位置的电脑上有效。', 'It works where this file lies in the same place.']
  });

  const link = () => {
    const icon = gisplan.svg('svg', { viewBox: '0 0 20 20', width: 15, height: 15, class: 'gp-icon', 'aria-hidden': 'true' });
    icon.append(gisplan.svg('path', { d: 'M8.5 11.5 a3.4 3.4 0 0 0 5 .2 l2.6-2.6 a3.4 3.4 0 0 0-4.9-4.9 l-1.4 1.4 M11.5 8.5 a3.4 3.4 0 0 0-5-.2 l-2.6 2.6 a3.4 3.4 0 0 0 4.9 4.9 l1.4-1.4' }));
    return icon;
  };

  /* Letters that are safe in an address and easy to read stay as they are. */
  const write = text => encodeURIComponent(text).replace(/%(2F|2C|3A|40|20)/g, (all, code) => ({ '2F': '/', '2C': ',', '3A': ':', 40: '@', 20: '+' })[code]);
  const toHash = given => Object.keys(given).map(key => key + '=' + write(given[key])).join('&');

  /* Pairs of a hash; what cannot be read is left out. Keys of objects, such as "__proto__", are keys like others here. */
  function fromHash(text) {
    const given = Object.create(null);
    text.replace(/^#/, '').split('&').forEach(pair => {
      const at = pair.indexOf('=');
      if (at < 1) return;
      try { given[decodeURIComponent(pair.slice(0, at))] = decodeURIComponent(pair.slice(at + 1).replace(/\+/g, ' ')); } catch (error) { /* a damaged pair */ }
    });
    return given;
  }

  /* What belongs to no other part. A feature is named by its layer, its own id and, since ids may repeat, its row. */
  const SELF = {
    save(view) {
      const s = view.state, look = view.side.look, out = { lang: s.lang, map: s.preset || '', tab: s.tab, alpha: String(s.alpha) };
      if (!s.preset) {
        out.by = look.mode === 'indicator' && view.config.indicators.length ? view.indicator.id : '';
        out.colour = Object.keys(look.colourings).map(id => id + ':' + look.colourings[id]).join(',');
        out.layers = view.side.layers.filter(l => view.map.hasLayer(l)).map(l => l.table.meta.id).join(',');
      }
      out.classes = look.scheme;
      out.zone = s.zone >= 0 ? String(view.table.value('zone_id', s.zone)) : '';
      out.pick = '';
      if (view.found) {
        const t = view.found.layer.table, first = (t.meta.columns || [])[0];
        out.pick = t.meta.id + '/' + (first ? t.value(first.key, view.found.row) : '') + '@' + view.found.row;
      }
      return out;
    },

    load(view, given) {
      const s = view.state, side = view.side, look = side.look, indicators = view.config.indicators;
      s.lang = given.lang === 'en' || given.lang === 'zh' ? given.lang : s.lang;
      const known = id => (view.config.presets || []).find(p => p.id === id);
      const preset = known(given.map) || (given.map ? known(view.link.opened.map) : null);       // '' is one's own choice
      if (preset) gisplan.preset(view, preset.id);
      else {
        s.preset = null;
        const k = indicators.findIndex(i => i.id === given.by);
        look.mode = k >= 0 ? 'indicator' : 'classes';
        if (k >= 0) look.indicator = k;
        const wished = new Map(String(given.colour || '').split(',').map(pair => [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)]));
        const shown = given.layers === undefined ? null : given.layers.split(',');
        side.layers.forEach(l => {
          const meta = l.table.meta, colouring = meta.colourings.find(c => c.id === wished.get(meta.id));
          if (colouring) look.colourings[meta.id] = colouring.id;
          if (!shown) return;
          if (shown.indexOf(meta.id) >= 0) side.map.addLayer(l); else side.map.removeLayer(l);
        });
      }
      if (['natural', 'quantile', 'equal', 'standard'].indexOf(given.classes) >= 0) look.scheme = given.classes;
      const alpha = Number(given.alpha);
      if (given.alpha && alpha >= 0.2 && alpha <= 1) s.alpha = alpha;
      if (view.tabbed().some(p => p.name === given.tab)) s.tab = given.tab;
      s.zone = -1;
      for (let i = 0; given.zone && i < view.table.n && s.zone < 0; i++) if (String(view.table.value('zone_id', i)) === given.zone) s.zone = i;
      const [lat, lng, zoom] = String(given.at || '').split(',').map(Number);
      if (given.at && Math.abs(lat) <= 85 && Math.abs(lng) <= 180 && zoom >= 0 && zoom <= view.map.getMaxZoom()) {
        view.map.invalidateSize({ pan: false });      // the panel has come since the map was made; a later shift would move the place
        view.map.setView([lat, lng], zoom, { animate: false });
        view.placed = true;
      }
      const found = feature(view, given.pick);
      view.picked(found, found && middle(found), side);
    }
  };

  function feature(view, text) {
    const slash = String(text || '').indexOf('/'), at = String(text || '').lastIndexOf('@');
    if (slash < 1 || at < slash) return null;
    const layer = view.side.layers.find(l => l.table.meta.id === text.slice(0, slash));
    if (!layer || !view.map.hasLayer(layer)) return null;
    const t = layer.table, first = (t.meta.columns || [])[0], id = text.slice(slash + 1, at), row = Number(text.slice(at + 1));
    const same = i => String(first ? t.value(first.key, i) : '') === id;
    if (Number.isInteger(row) && row >= 0 && row < t.n && same(row)) return { layer, row };
    // The file may have been made anew, with its rows in another order.
    for (let i = 0; first && i < t.n; i++) if (same(i)) return { layer, row: i };
    return null;
  }

  /* A point of the feature itself, to say in which zone it lies. */
  function middle(found) {
    const chain = found.layer.table.latlngs(found.row)[0];
    if (!chain || !chain.length) return null;
    const box = L.latLngBounds(chain).getCenter();
    return found.layer.pick(box) === found.row ? box : L.latLng(chain[0]);
  }

  class Link {
    constructor(view) {
      this.view = view;
      this.usable = !view.config.embedded && /^(file|https?):$/.test(location.protocol);
      this.opened = this.save();              // what the page opens with needs no words in the address
    }

    begin() {
      if (!this.usable) return;
      this.view.map.on('moveend', () => this.later());
      window.addEventListener('hashchange', () => this.load());
      if (location.hash.length > 1) this.load();
    }

    save() { return Object.assign({}, ...[SELF].concat(gisplan.parts).map(part => part.save ? part.save(this.view) : null)); }

    load() {
      this.seen = location.hash;
      const view = this.view, given = fromHash(location.hash), whole = Object.assign(Object.create(null), this.opened, given);
      const opened = view.opened;
      view.opened = false;                    // one painting for all of it
      if (opened && !given.at) view.fit();
      [SELF].concat(gisplan.parts).forEach(part => { if (part.load) part.load(view, whole); });
      view.opened = opened;
      if (opened) { view.render(); view.paint(); }
    }

    later() {
      if (!this.usable || !this.view.opened) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.write(), 200);
    }

    hash() {
      const now = this.save(), differs = {}, at = this.view.where();
      if (at !== this.view.home) differs.at = at;
      Object.keys(now).forEach(key => { if (now[key] !== (this.opened[key] === undefined ? '' : this.opened[key])) differs[key] = now[key]; });
      return toHash(differs);
    }

    write() {
      // Someone has put a new address there, and word of it is on its way.
      if (location.hash !== (this.seen || '')) return;
      const hash = this.hash();
      // A frame in a sandbox may not touch its address; the map works without.
      try { history.replaceState(null, '', hash ? '#' + hash : location.pathname + location.search); } catch (error) { this.usable = false; }
      this.seen = location.hash;
    }
  }

  gisplan.parts.push({
    name: 'share',
    heads: [{ id: 'share', word: 'share', glyph: link, absent: view => !view.link.usable, press: view => copy(view) }],
    open(view) { view.link = new Link(view); view.link.begin(); },
    rendered(view) { view.link.later(); },
    painted(view) { view.link.later(); },
    picked(view) { view.link.later(); },
    print(view, on) { if (!on) view.link.later(); }
  });

  function copy(view) {
    clearTimeout(view.link.timer);
    view.link.write();
    const url = location.href, show = () => gisplan.ask(view, 'share', box => {
      const input = h('input', { readonly: true, id: view.id('link'), value: url, 'aria-label': view.word('linkText') });
      box.append(h('p', { role: 'status' }, view.word(view.link.copied ? 'copied' : 'copySelf')), input,
        location.protocol === 'file:' ? h('p', {}, view.word('fileLink')) : '');
      return input;
    });
    const tell = copied => {
      view.link.copied = copied;
      show();
      const input = view.element('link');
      input.focus();
      input.select();
    };
    if (!navigator.clipboard) { tell(false); return; }
    navigator.clipboard.writeText(url).then(() => tell(true), () => tell(false));
  }
})();
