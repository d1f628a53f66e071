/* A small form under the title: what a button of the header asks before it acts, or tells after it has. */
(function () {
  'use strict';
  const gisplan = window.gisplan, h = gisplan.h;

  /* Open the form of `name`, or close it when it is open; fill(box) writes it and returns what gets the focus. */
  gisplan.ask = function (view, name, fill) {
    view.asking = { name, fill, opener: view.id(name) };
    write(view);
  };
  gisplan.asked = function (view) {
    const opener = view.asking && document.getElementById(view.asking.opener);
    view.asking = null;
    view.form.hidden = true;
    view.form.textContent = '';
    if (opener) opener.focus();
  };

  function write(view) {
    const { fill, name } = view.asking, box = view.form;
    box.textContent = '';
    box.hidden = false;
    box.setAttribute('aria-label', view.word(name));
    const first = fill(box);
    const last = box.lastElementChild, row = last && last.classList.contains('gp-row') ? last : box.appendChild(h('div', { class: 'gp-row' }));
    row.append(h('button', { type: 'button', id: view.id('ask-close'), onclick: () => gisplan.asked(view) }, view.word('close')));
    view.asking.lang = view.state.lang;
    if (first) first.focus();
  }

  gisplan.parts.push({
    name: 'ask',
    open(view) {
      view.form = h('section', { class: 'gp-ask', id: view.id('ask'), hidden: true, onkeydown: e => { if (e.key === 'Escape') gisplan.asked(view); } });
      view.panel.insertBefore(view.form, view.body);
    },
    rendered(view) { if (view.asking && view.asking.lang !== view.state.lang) write(view); }
  });
})();
