/* The card of a feature that was clicked. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;

  gisplan.parts.push({
    name: 'card',
    open(view) {
      view.card = view.over(h('section', { class: 'gp-card', 'aria-live': 'polite', hidden: true }));
    },
    picked(view, found, at) { view.found = found; view.place = at; show(view); },
    painted(view) { show(view); }
  });

  function show(view) {
    const found = view.found, card = view.card;
    card.hidden = !found;
    card.textContent = '';
    if (!found) return;
    const zone = view.zones.pick(view.place);
    card.append(
      h('button', { class: 'gp-x', type: 'button', 'aria-label': view.word('close'), onclick: () => { view.found = null; view.mark(null); show(view); } }, '×'),
      gisplan.card(found, view.state.lang),
      zone >= 0 ? h('p', { class: 'gp-card-zone' }, view.word('inZone') + ' ',
        h('button', { type: 'button', class: 'gp-link', onclick: () => view.chooseZone(zone) }, view.names[zone])) : '');
  }
})();
