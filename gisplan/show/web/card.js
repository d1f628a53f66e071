/* The card of a feature that was clicked. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;

  gisplan.words({ card: ['所选要素', 'Chosen feature'] });

  gisplan.parts.push({
    name: 'card',
    open(view) {
      view.card = view.over(h('section', { class: 'gp-card', id: view.id('card'), tabindex: -1, hidden: true, onkeydown: e => { if (e.key === 'Escape') close(view); } }));
      // The whole card read out would be a minute of figures: what was chosen is said, the rest is there to be read.
      view.heard = view.over(h('p', { class: 'gp-heard', role: 'status' }));
    },
    picked(view, found, at) { view.found = found; view.place = at; show(view); say(view); },
    painted(view) { show(view); }
  });

  function close(view) {
    view.picked(null, null, view.side);
    view.map.getContainer().focus();
  }

  function say(view) {
    const lang = view.state.lang, found = view.found, kind = found && gisplan.klass(found, lang);
    view.heard.textContent = found ? gisplan.say(found.layer.table.meta.label, lang) + ' ' + gisplan.title(found, lang) + (kind ? ', ' + kind : '') : '';
  }

  function show(view) {
    const found = view.found, card = view.card, top = card.scrollTop;
    card.hidden = !found;
    card.textContent = '';
    if (!found) return;
    card.setAttribute('aria-label', view.word('card'));
    const zone = view.place ? view.zones.pick(view.place) : -1;
    card.append(
      h('button', { class: 'gp-x', type: 'button', 'aria-label': view.word('close'), onclick: () => close(view) }, '×'),
      gisplan.card(found, view.state.lang, view.config.as_of),
      zone >= 0 ? h('p', { class: 'gp-card-zone' }, view.word('inZone') + ' ',
        h('button', { type: 'button', class: 'gp-link', onclick: () => view.chooseZone(zone) }, view.names[zone])) : '');
    card.scrollTop = top;
  }
})();
