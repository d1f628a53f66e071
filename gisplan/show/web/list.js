/* A list of any length of which only the rows in sight are in the page. It scrolls with the box that holds it. */
(function () {
  'use strict';
  const gisplan = window.gisplan;
  const TALLEST = 8e6;      // browsers know no elements beyond 17 to 33 million pixels

  gisplan.List = class {
    /* scroller: what scrolls; box: the list; above: what sticks over its head; row: pixels; draw(k) makes row k. */
    constructor(scroller, box, above, row, draw) {
      Object.assign(this, { scroller, box, above, row, draw, count: 0, drawn: '' });
      scroller.addEventListener('scroll', () => { if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.refresh(); }); });
    }

    fill(count) {
      this.count = count;
      this.tall = Math.min(count * this.row, TALLEST);
      this.box.style.setProperty('height', this.tall + 'px');
      this.box.textContent = this.drawn = '';
      this.refresh();
    }

    /* Where the list lies: its top and the height in sight, and how far a pixel of scrolling goes. */
    place() {
      const view = this.scroller.clientHeight, top = this.box.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top + this.box.clientTop;
      const full = this.count * this.row, times = full > this.tall ? (full - view) / (this.tall - view) : 1;
      return { view, top, times, from: Math.max(0, -top) * times };
    }

    refresh() {
      if (!this.box.offsetParent) return;
      const { view, top, from } = this.place(), shift = Math.max(0, -top) - from;
      const first = Math.max(0, Math.floor(from / this.row) - 3), last = Math.min(this.count, Math.ceil((from + Math.min(view, view - top)) / this.row) + 3);
      const now = first + ' ' + last + ' ' + Math.round(shift);
      if (now === this.drawn) return;
      this.drawn = now;
      const rows = [];
      for (let k = first; k < last; k++) {
        const made = this.draw(k);
        made.style.setProperty('top', k * this.row + shift + 'px');
        rows.push(made);
      }
      this.box.textContent = '';
      this.box.append(...rows);
    }

    /* Draw the rows in sight again. */
    again() { this.drawn = ''; this.refresh(); }

    /* Bring row k into sight, below what sticks. */
    reveal(k) {
      const { view, top, times, from } = this.place(), head = this.above(), y = top + Math.max(0, -top) - from + k * this.row;
      const wanted = y < head ? head : y + this.row > view ? view - this.row : null;
      if (wanted !== null) {
        // Above the list a pixel of scrolling is a pixel; within it, `times` as much.
        const into = k * this.row - wanted;
        this.scroller.scrollTop += top + (into > 0 ? into / times : into);
      }
      this.refresh();
    }

    /* How many rows a page holds. */
    page() { return Math.max(1, Math.floor((this.scroller.clientHeight - this.above()) / this.row) - 1); }
  };
})();
