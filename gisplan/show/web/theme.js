/* What a reader's eyes need. Light and dark: the colours of the page are variables of the style sheet, those that canvases draw with stand here. */
(function () {
  'use strict';
  const gisplan = window.gisplan;

  gisplan.INKS = {
    light: { ground: '#f7f7f5', outline: '#4a5560', edge: '#22303c', halo: 'rgba(255,255,255,.9)', casing: 'rgba(255,255,255,.85)', rim: '#ffffff', pointed: '#111111', marked: '#d9480f', hatch: ['#eceeef', '#9aa3aa'], quiet: '#ffffff' },
    dark: { ground: '#171c22', outline: '#0b0e11', edge: '#f2f5f7', halo: 'rgba(8,11,14,.85)', casing: 'rgba(8,11,14,.8)', rim: '#10151a', pointed: '#ffffff', marked: '#ff8a4c', hatch: ['#2a323a', '#6f7b86'], quiet: '#10151a' }
  };
  const NEXT = { auto: 'light', light: 'dark', dark: 'auto' };

  gisplan.words({ theme: ['外观', 'Appearance'], auto: ['自动', 'automatic'], light: ['浅色', 'light'], dark: ['深色', 'dark'] });

  const wished = window.matchMedia ? window.matchMedia('(prefers-color-scheme: dark)') : { matches: false };

  function set(view) {
    const name = gisplan.printing ? 'light' : view.state.theme === 'auto' ? (wished.matches ? 'dark' : 'light') : view.state.theme;
    view.inks = gisplan.INKS[name];
    view.dark = name === 'dark';
    view.root.classList.toggle('gp-dark', view.dark);
    view.sides.forEach(side => side.map.getContainer().classList.toggle('gp-dark-map', view.dark));
  }

  gisplan.theme = function (view, theme) {
    view.state.theme = Object.keys(NEXT).indexOf(theme) >= 0 ? theme : 'auto';
    set(view);
    if (view.opened) { view.render(); view.paint(); }
  };

  /* Who asked their system for less motion gets maps that jump. */
  function still(map) {
    const pan = map.panBy;
    map._zoomAnimated = false;
    map.options.inertia = false;
    map.panBy = (by, how) => pan.call(map, by, Object.assign({}, how, { animate: false }));
  }

  gisplan.parts.push({
    name: 'theme',
    heads: [{
      id: 'theme', glyph: view => ({ auto: '◐', light: '○', dark: '●' })[view.state.theme], label: view => view.word('theme') + ': ' + view.word(view.state.theme),
      press: view => gisplan.theme(view, NEXT[view.state.theme])
    }],
    open(view) {
      gisplan.theme(view, 'auto');
      if (window.matchMedia && window.matchMedia('(prefers-reduced-motion: reduce)').matches) view.sides.forEach(side => still(side.map));
      const changed = () => { if (view.state.theme === 'auto') gisplan.theme(view, 'auto'); };
      // Engines of 2019 know the older name only.
      if (wished.addEventListener) wished.addEventListener('change', changed); else if (wished.addListener) wished.addListener(changed);
    },
    // Paper is white; this comes before anything is painted for it.
    print(view) { set(view); view.sides.forEach(side => side.paint()); },
    save: view => ({ theme: view.state.theme }),
    load(view, given) { gisplan.theme(view, given.theme); }
  });
})();
