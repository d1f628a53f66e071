/* All that a layer tells of one feature: figures first, then what reaches it, its life, its class, and the register. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;
  const ASSESSED = ['class', 'over', 'due', 'next_class', 'next'], PLACED = ['key', 'service', 'near', 'away', 'supply', 'date'].concat(ASSESSED), TOLD = ['service', 'near', 'away', 'supply'].concat(ASSESSED);

  gisplan.words({
    services: ['设施', 'Services'], served: ['已通', 'served'], unserved: ['未通', 'not served'], unknown: ['不明', 'not known'], nearest: ['最近', 'nearest'],
    withoutOne: ['个字段无数据', 'field without data'], without: ['个字段无数据', 'fields without data'], screening: ['依据台账日期的筛查结果，非法律认定', 'A screening of the register’s dates, not a legal finding'],
    from: ['自', 'from']
  });

  /* The class of a feature by the colouring its layer wears. */
  gisplan.klass = function (found, lang) {
    const style = found.layer.style;
    return style.about && style.about.column ? style.name(style.codes[found.row], lang) || gisplan.word('noData', lang) : '';
  };

  gisplan.title = function (found, lang) {
    const t = found.layer.table, meta = t.meta;
    if (meta.kind === 'zone') return String(t.value('name', found.row) || '—');
    const first = meta.columns.length ? gisplan.attribute(t.value(meta.columns[0].key, found.row), meta.columns[0].unit, lang) : '—';
    return first === '—' ? gisplan.say(meta.label, lang) : first;
  };

  gisplan.card = function (found, lang, asOf) {
    const t = found.layer.table, meta = t.meta, columns = meta.columns || [], word = key => gisplan.word(key, lang);
    const value = c => t.value(c.key, found.row), empty = v => v === null || v === '';
    const role = name => columns.filter(c => c.role === name);
    const text = c => c.words && Object.prototype.hasOwnProperty.call(c.words, value(c)) ? gisplan.say(c.words[value(c)], lang) : gisplan.attribute(value(c), c.unit, lang);
    const parts = [h('p', { class: 'gp-card-layer' }, gisplan.say(meta.label, lang)), h('h2', {}, gisplan.title(found, lang))];
    const kinds = classes(found, lang);
    if (kinds.length) parts.push(h('p', { class: 'gp-card-classes' }, kinds.map(k => h('span', { title: k.about }, k.mark, ' ', k.name))));
    const keys = role('key').filter(c => !empty(value(c)));
    if (keys.length) {
      parts.push(h('dl', { class: 'gp-card-keys' }, keys.map(c => h('div', {}, h('dt', {}, gisplan.say(c.label, lang)), h('dd', {}, text(c), c.unit === 'm²' ? h('small', {}, land(value(c), lang)) : '')))));
    }
    parts.push(finding(columns, value, text, lang), services(columns, value, text, lang), gisplan.lifeline(columns, value, asOf, lang));
    const rest = columns.filter((c, k) => PLACED.indexOf(c.role) < 0 && k > 0), known = rest.filter(c => !empty(value(c)));
    if (known.length) parts.push(h('table', {}, h('tbody', {}, known.map(c => h('tr', {}, h('th', { scope: 'row' }, gisplan.say(c.label, lang)), h('td', {}, text(c)))))));
    // What an assessment has nothing to say of is no gap in the register; of what reaches it, the unknown is told by itself.
    const silent = columns.filter((c, k) => k > 0 && TOLD.indexOf(c.role) < 0 && empty(value(c)));
    if (silent.length) {
      parts.push(h('details', { class: 'gp-card-without' }, h('summary', {}, silent.length + ' ' + word(silent.length === 1 ? 'withoutOne' : 'without')),
        h('p', {}, silent.map(c => gisplan.say(c.label, lang)).join(lang === 'en' ? ', ' : '、'))));
    }
    return h('div', { class: 'gp-card-body' }, parts.filter(Boolean));
  };

  /* The class it is coloured by, then those that are facts whatever colours the map. */
  function classes(found, lang) {
    const table = found.layer.table, meta = table.meta, style = found.layer.style, out = [];
    const add = (colouring, about) => {
      const code = colouring.codes[found.row], none = code === colouring.hatched;
      out.push({
        about: gisplan.say(about.label, lang), name: colouring.name(code, lang) || gisplan.word('noData', lang),
        mark: h('i', { class: (meta.kind === 'polygon' ? 'gp-swatch' : 'gp-dot') + (none ? ' gp-hatch' : ''), style: none ? {} : { background: colouring.colors[code] } })
      });
    };
    if (style.about && style.about.column && style.about.kind === 'class') add(style, style.about);
    (meta.colourings || []).forEach(c => { if (c.fact && c.column && !(style.about && style.about.id === c.id)) add(gisplan.colouring(table, c.id, 'natural'), c); });
    return out;
  }

  const land = (area, lang) => gisplan.hectares(area) + ' ' + gisplan.unit('ha', lang) + ' · ' + gisplan.mu(area, area) + ' ' + gisplan.unit('mu', lang);

  /* What an assessment found: the class, for how many days, and what comes next. */
  function finding(columns, value, text, lang) {
    const one = role => columns.find(c => c.role === role && value(c) !== null && value(c) !== '');
    const found = one('class'), over = one('over'), next = one('next_class'), when = one('next');
    if (!found) return null;
    return h('div', { class: 'gp-card-finding' },
      h('p', {}, gisplan.say(found.label, lang) + ' ', h('b', {}, text(found)), over && value(over) > 0 ? ' · ' + gisplan.say(over.label, lang) + ' ' + gisplan.count(value(over)) : ''),
      next ? h('p', {}, gisplan.say(next.label, lang) + ' ', h('b', {}, text(next)), when ? ' ' + gisplan.word('from', lang) + ' ' + text(when) : '') : '',
      h('small', {}, gisplan.word('screening', lang)));
  }

  /* Each service with a mark and a word, and the nearest where it lacks; what nobody knows is neither yes nor no. */
  function services(columns, value, text, lang) {
    const own = columns.filter(c => c.role === 'service'), facts = columns.filter(c => c.role === 'supply').map(c => ({ c, told: value(c) === null ? gisplan.word('unknown', lang) : text(c) }));
    const rows = facts.filter(f => f.told !== '' && f.told !== '—');
    if (!own.length && !rows.length) return null;
    const kinds = { true: ['yes', '✓', 'served'], false: ['no', '✗', 'unserved'], null: ['unknown', '?', 'unknown'] };
    const beside = (c, role) => columns.find(o => o.role === role && o.name === role + c.name.slice(c.name.indexOf('_')));
    const nearest = c => ['near', 'away'].map(role => beside(c, role)).filter(o => o && value(o) !== null && value(o) !== '').map(text).join(' · ');
    return h('div', { class: 'gp-card-services' }, h('h3', {}, gisplan.word('services', lang)),
      h('ul', {}, own.map(c => {
        const [kind, mark, word] = kinds[String(value(c))] || kinds.null, near = nearest(c);
        return h('li', { class: 'gp-is-' + kind, title: gisplan.say(c.label, lang) + ' · ' + gisplan.word(word, lang) + (near ? ' · ' + gisplan.word('nearest', lang) + ' ' + near : '') },
          h('i', { 'aria-hidden': 'true' }, mark), gisplan.say(c.label, lang), h('span', { class: 'gp-heard' }, ' ' + gisplan.word(word, lang)), near ? h('small', {}, ' ' + near) : '');
      })),
      rows.length ? h('table', {}, h('tbody', {}, rows.map(f => h('tr', {}, h('th', { scope: 'row' }, gisplan.say(f.c.label, lang)), h('td', {}, f.told))))) : '');
  }
})();
