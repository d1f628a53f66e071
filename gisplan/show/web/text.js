/* Words and figures in both languages, and the one way elements are made: text is always text, never markup. */
(function () {
  'use strict';
  const gisplan = window.gisplan = window.gisplan || {};
  const WORDS = {
    colourBy: ['地图着色', 'Colour the map by'], classes: ['地块', 'Parcels'], byIndicator: ['分区指标', 'Zone indicator'], preset: ['地图类型', 'Map'],
    ownChoice: ['— 自定义 —', '— my own —'], colouring: ['地块按', 'Parcels by'], scheme: ['分级方法', 'Classes'], natural: ['自然断点', 'natural breaks'], quantile: ['等数量', 'equal counts'],
    equal: ['等间距', 'equal steps'], standard: ['标准限值', "the standard's limits"],
    indicator: ['指标', 'Indicator'], legend: ['图例', 'Legend'], zones: ['分区', 'Zones'], notes: ['说明', 'Notes'],
    layers: ['图层', 'Layers'], noData: ['无数据', 'No data'], zoneCount: ['分区数', 'zones'], opacity: ['填充不透明度', 'Fill opacity'],
    outlines: ['当前仅显示轮廓', 'Outlines only'], pickZone: ['选择分区', 'Choose a zone'], none: ['— 未选择 —', '— none —'],
    hint: ['点击地图上的分区，或在此选择，即可查看其全部指标。', 'Click a zone on the map, or choose one here, to see all its figures.'],
    compare: ['各分区比较', 'All zones compared'], figures: ['全部指标', 'All figures'], print: ['打印', 'Print'],
    hide: ['收起面板', 'Hide panel'], show: ['展开面板', 'Show panel'], fit: ['显示全部范围', 'Show everything'],
    north: ['北', 'N'], northLong: ['上北下南', 'North is up'], close: ['关闭', 'Close'], inZone: ['所在分区', 'Zone'], 
    zoomIn: ['放大', 'Zoom in'], zoomOut: ['缩小', 'Zoom out'], klass: ['类别', 'Class'], map: ['交互地图', 'Interactive map'],
    panel: ['地图说明与图例', 'Map panel'], count: ['数量', 'No.'], total: ['合计', 'Total'], yes: ['是', 'yes'], no: ['否', 'no'], noneShown: ['没有可显示的分区。', 'No zones to show.'],
    failed: ['地图数据无法读取，请用较新的浏览器打开，或重新生成此文件。', 'The map data cannot be read: open the file in a newer browser, or make it again.'],
    other: ['English', '中文'], otherLong: ['Switch to English', '切换为中文'],
    madeWith: ['离线地图 · Leaflet 1.9.4', 'Offline map · Leaflet 1.9.4']
  };
  // Units that are written otherwise than they are called; all others are written as they are.
  const UNITS = {
    ha: ['公顷', 'ha'], mu: ['亩', 'mu'], share: ['%', '%'], 1: ['', ''], n: ['', ''], floors: ['层', 'floors'],
    '1/ha': ['个/公顷', 'per ha'], '1/km²': ['个/km²', 'per km²'], 万元: ['万元', '10k CNY'], '万元/ha': ['万元/公顷', '10k CNY/ha'],
    '万元/mu': ['万元/亩', '10k CNY/mu']
  };
  const side = lang => lang === 'en' ? 1 : 0;

  gisplan.words = more => Object.assign(WORDS, more);
  gisplan.word = (key, lang) => WORDS[key][side(lang)];
  gisplan.unit = (unit, lang) => Object.prototype.hasOwnProperty.call(UNITS, unit) ? UNITS[unit][side(lang)] : unit;
  /* A text given in both languages; the other one when this is empty. */
  gisplan.say = (text, lang) => text ? text[lang] || text[lang === 'en' ? 'zh' : 'en'] || '' : '';

  const number = (value, least, most) => value.toLocaleString('en-US', { minimumFractionDigits: least, maximumFractionDigits: most });
  gisplan.count = value => number(value, 0, 0);
  gisplan.plain = value => number(value, 0, 12);
  gisplan.fixed = (value, decimals) => number(value, decimals, decimals);
  const joined = (text, unit) => unit === '%' ? text + '%' : unit ? text + ' ' + unit : text;

  /* A figure of an indicator. */
  gisplan.figure = function (value, indicator, lang, bare) {
    if (value === null || !isFinite(value)) return '—';
    const text = gisplan.fixed(indicator.unit === 'share' ? value * 100 : value, indicator.decimals);
    return bare && indicator.unit !== 'share' ? text : joined(text, gisplan.unit(indicator.unit, lang));
  };
  /* An attribute of a feature; whole numbers without a unit may be years or codes and get no separators. */
  gisplan.attribute = function (value, unit, lang) {
    if (value === null || value === '') return '—';
    if (typeof value === 'boolean') return gisplan.word(value ? 'yes' : 'no', lang);
    if (typeof value !== 'number') return String(value);
    if (unit === 'share') return gisplan.fixed(value * 100, 1) + '%';
    if (Number.isInteger(value)) return unit ? joined(gisplan.count(value), gisplan.unit(unit, lang)) : String(value);
    return joined(number(value, 0, Math.abs(value) < 1 ? 4 : 2), gisplan.unit(unit, lang));
  };
  /* Square metres as hectares and as mu: 15 mu are a hectare. */
  gisplan.hectares = area => gisplan.fixed(area / 10000, 2);
  gisplan.mu = (area, all) => gisplan.fixed(area * 15 / 10000, all >= 1e6 ? 0 : 1);   // `all` decides for a column

  /* h('p', {class: 'x', onclick: f}, 'text', child …): strings become text nodes. */
  gisplan.h = function (tag, set, ...children) {
    const element = document.createElement(tag);
    Object.keys(set || {}).forEach(key => {
      const value = set[key];
      if (value === null || value === undefined || value === false) return;
      if (key.slice(0, 2) === 'on') element.addEventListener(key.slice(2), value);
      else if (key === 'style') Object.keys(value).forEach(name => element.style.setProperty(name, value[name]));
      else if (key in element && typeof value === 'boolean') element[key] = value;
      else element.setAttribute(key, value === true ? '' : value);
    });
    children.forEach(child => {
      if (child === null || child === undefined || child === false) return;
      [].concat(child).forEach(one => element.append(one));
    });
    return element;
  };
})();
