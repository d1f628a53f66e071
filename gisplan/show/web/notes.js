/* Where the figures come from and what the reader must know of them. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;

  gisplan.parts.push({
    name: 'notes', tab: 'notes', absent: view => !view.config.notes.length,
    render(view, box) {
      box.textContent = '';
      box.append(h('ul', {}, view.config.notes.map(n => h('li', {}, view.say(n)))), h('p', { class: 'gp-made' }, view.word('madeWith')));
    }
  });
})();
