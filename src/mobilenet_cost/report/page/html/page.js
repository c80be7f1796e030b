// The page: everything that a run says gets here as text, never as HTML.
'use strict';

(() => {
    const read = id => JSON.parse(document.getElementById(id).textContent);
    const data = read('data');
    const definitions = read('definitions');
    const root = document.documentElement;
    const by_id = id => document.getElementById(id);

    // An element with text or children in it.
    function element(tag, attributes = {}, ...children) {
        const made = document.createElement(tag);
        for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
        made.append(...children.map(child => (child instanceof Node ? child : String(child))));
        return made;
    }
    const name = text => element('span', {class: 'name'}, text);
    const unknown = '–';
    const is_known = value => value !== null && value !== undefined;

    // ---- figures as people read them; the JSON keeps every digit ----

    const digits = new Intl.NumberFormat('en-US', {maximumSignificantDigits: 4});
    const count = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});
    const format = {
        text: value => value,
        plain: value => String(value),
        count: value => count.format(value),
        milliseconds: value => digits.format(value * 1e3),
        factor: value => digits.format(value) + '×',
        share: value => (100 * value).toFixed(1) + ' %',
        giga: value => digits.format(value / 1e9),
    };

    // ---- theme ----

    const prefers_dark = window.matchMedia('(prefers-color-scheme: dark)');
    let chosen_theme = null; // null: as the system says
    let printing = false;
    const theme = () => (printing ? 'light' : chosen_theme || (prefers_dark.matches ? 'dark' : 'light'));

    function apply_theme() {
        if (chosen_theme || printing) root.dataset.theme = theme();
        else delete root.dataset.theme;
        by_id('theme').setAttribute('aria-pressed', String(theme() === 'dark'));
        draw_all();
    }

    // ---- tooltip, for the mouse and for the keyboard ----

    const tooltip = by_id('tooltip');

    // `value`: what the chart's definition says; its member '' is the title.
    function fill_tooltip(value) {
        const {'': title, ...rest} = typeof value === 'object' ? value : {'': value};
        const list = element('dl');
        for (const [key, text] of Object.entries(rest)) {
            list.append(element('dt', {}, key), element('dd', {}, name(String(text))));
        }
        tooltip.replaceChildren(element('b', {class: 'name'}, String(title)), list);
    }

    function place_tooltip(x, y) {
        tooltip.hidden = false;
        const box = tooltip.getBoundingClientRect();
        const left = Math.min(x + 14, window.innerWidth - box.width - 8);
        const top = y + 16 + box.height > window.innerHeight ? y - box.height - 12 : y + 16;
        tooltip.style.left = Math.max(8, left) + 'px';
        tooltip.style.top = Math.max(8, top) + 'px';
    }

    function hide_tooltip() {
        tooltip.hidden = true;
    }

    function on_tooltip(handler, event, item, value) {
        if (!is_known(value) || value === '') return hide_tooltip();
        fill_tooltip(value);
        place_tooltip(event.clientX, event.clientY);
    }

    // The marks that say something, in the order drawn.
    const speaking_marks = host =>
        [...host.querySelectorAll('svg [aria-label]')].filter(mark => mark.__data__ && mark.__data__.tooltip);

    function step_marks(host, event) {
        const steps = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1};
        if (event.key === 'Escape') return hide_tooltip();
        if (!(event.key in steps)) return undefined;
        event.preventDefault();
        const marks = speaking_marks(host);
        if (marks.length === 0) return undefined;
        const at = Number(host.dataset.mark ?? -1);
        const next = (at + steps[event.key] + marks.length) % marks.length;
        host.dataset.mark = next;
        const mark = marks[next];
        const box = mark.getBoundingClientRect();
        fill_tooltip(mark.__data__.tooltip);
        place_tooltip(box.right, box.bottom - 16);
        by_id('spoken').textContent = mark.getAttribute('aria-label');
        return undefined;
    }

    // ---- charts ----

    const drawn = []; // {chart, host, width, view}
    const run_name = chart => (data.runs.length > 1 ? data.runs[chart.run].name + ': ' : '');

    function draw(entry) {
        const width = Math.floor(entry.host.clientWidth);
        if (width === 0) return;
        if (entry.view) entry.view.finalize();
        delete entry.host.dataset.mark;
        entry.width = width;
        const options = {renderer: 'svg', container: entry.host, hover: true, tooltip: on_tooltip};
        const {chart} = entry;
        const {view} = mobilenet_charts;
        try {
            entry.view = view(
                vega, chart, definitions.specs[chart.spec], data.tables, definitions.themes[theme()], width, options);
            entry.view.run();
        } catch (error) {
            console.error(error); // one chart less, not the page
        }
        entry.host.setAttribute('aria-label', chart.group + '. ' + chart.description);
    }

    function draw_all() {
        drawn.forEach(draw);
    }

    function choice_element(entry, choice) {
        const select = element('select');
        for (const option of choice.options) {
            select.append(element('option', {value: option.value}, option.text));
        }
        select.addEventListener('change', () => {
            entry.chart.signals = {...entry.chart.signals, [choice.signal]: select.value};
            draw(entry);
        });
        return element('label', {}, choice.label, select);
    }

    // The same figures for those who do not see the chart; made when it is opened.
    function figures_element(chart) {
        const details = element('details', {}, element('summary', {}, 'These figures as a table'));
        const fill = () => {
            for (const table_name of Object.values(chart.data)) {
                details.append(scrolling(table_element(data.tables[table_name]), chart.group));
            }
        };
        details.addEventListener('toggle', fill, {once: true});
        return details;
    }

    const scrolling = (table, label) =>
        element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Figures: ' + label}, table);

    function table_element(table) {
        const head = element('tr', {}, ...table.columns.map(column =>
            element('th', {scope: 'col'}, column.replaceAll('_', ' '))));
        const body = table.rows.map(row => element('tr', {}, ...row.map(value =>
            element('td', typeof value === 'number' ? {class: 'number'} : {},
                    name(is_known(value) ? String(value) : unknown)))));
        return element('table', {}, element('thead', {}, head), element('tbody', {}, ...body));
    }

    function figure_element(chart) {
        const host = element('div', {class: 'chart', tabindex: '0'});
        const entry = {chart, host, width: 0, view: null};
        host.addEventListener('keydown', event => step_marks(host, event));
        host.addEventListener('blur', hide_tooltip);
        drawn.push(entry);
        const choices = (chart.choices || []).filter(choice => choice.options.length > 1);
        const caption = element('figcaption', {}, element('h3', {}, name(run_name(chart) + chart.group)));
        if (choices.length > 0) {
            caption.append(element('div', {class: 'choices'}, ...choices.map(one => choice_element(entry, one))));
        } else if ((chart.choices || []).some(choice => choice.signal === 'cell')) {
            caption.append(element('span', {class: 'muted'}, chart.choices[0].options[0].text));
        }
        const description = element('p', {class: 'description'}, chart.description);
        return element('figure', {id: chart.id}, caption, description, host, figures_element(chart));
    }

    // Charts of two runs that show the same stand side by side.
    function side_by_side(charts) {
        const groups = [...new Set(charts.map(chart => chart.group))];
        return groups.flatMap(group => charts.filter(chart => chart.group === group));
    }

    function fill_sections() {
        const contents = by_id('contents');
        for (const section of document.querySelectorAll('main section')) {
            const charts = data.charts.filter(chart => chart.kind === section.dataset.kind);
            section.hidden = 'kind' in section.dataset && charts.length === 0;
            if (section.hidden) continue;
            section.id ||= section.dataset.kind;
            const figures = section.querySelector('.figures');
            if (figures) figures.append(...side_by_side(charts).map(figure_element));
            contents.append(element('a', {href: '#' + section.id}, section.querySelector('h2').textContent));
        }
    }

    // ---- what is said first ----

    const documents = data.runs.map(run => run.document);
    // A predicted network has the members of a measured one, as far as it has their values.
    const as_measured = (cell, {seconds, low_seconds, high_seconds, ...predicted}) => ({
        ...predicted, status: 'predicted', median_seconds: seconds, ci_low_seconds: low_seconds,
        ci_high_seconds: high_seconds, macs: predicted.network === 'separable' ? cell.macs : cell.standard_macs,
    });
    const points_of = cell => [
        ...cell.measured,
        ...(cell.predicted || []).filter(point => point.residual === null).map(point => as_measured(cell, point)),
    ];
    const measured_rows = documents.flatMap((one, run) => one.cells.flatMap((cell, index) =>
        points_of(cell).map(point => ({run: data.runs[run].name, top1: data.runs[run].top1[index], cell, point}))));

    function card(value, label) {
        by_id('cards').append(element('li', {}, element('b', {}, value), element('span', {}, label)));
    }

    function best_of(rows) {
        const known = rows.filter(row => row.point.network === 'separable' && is_known(row.point.speedup));
        return known.sort((a, b) => b.point.speedup - a.point.speedup)[0];
    }

    function fill_summary() {
        const models = [...new Set(documents.flatMap(one => one.cells.map(cell => cell.model)))];
        by_id('title').append(name(models.join(', ')));
        const origin = documents.map((one, run) => [
            data.runs[run].name, one.machine.cpu_model, one.started].filter(is_known).join(' · '));
        by_id('origin').append(name(origin.join(' — ')));
        documents.forEach((one, run) => {
            const mark = documents.length > 1 ? `, run ${run + 1}` : '';
            card(count.format(one.cells.length), 'cells' + mark);
            const best = best_of(measured_rows.filter(row => row.run === data.runs[run].name));
            if (best) {
                card(format.factor(best.point.speedup), 'largest measured speed-up' + mark);
                card(format.share(best.point.fraction_kept), 'of that speed-up on paper was kept' + mark);
            }
            if (one.fit.length > 0) card(digits.format(one.fit[0].slope), 'slope of log time on log MACs' + mark);
            card(count.format(one.rounds), 'rounds' + mark);
            card(one.noise.verdict, 'machine before the run' + mark);
        });
    }

    // ---- the table that sorts ----

    const columns = [
        {title: 'Run', get: row => row.run, many: true},
        {title: 'Model', get: row => row.cell.model},
        {title: 'Alpha', get: row => row.cell.alpha, as: format.plain},
        {title: 'Resolution', get: row => row.cell.resolution, as: format.plain},
        {title: 'Engine', get: row => row.point.engine},
        {title: 'Threads', get: row => row.point.threads, as: format.plain},
        {title: 'Network', get: row => row.point.network},
        {title: 'MACs', get: row => row.point.macs, as: format.count},
        {title: 'Parameters', get: row => row.point.params, as: format.count},
        {title: 'Weights, B', get: row => row.point.weight_bytes, as: format.count},
        {title: 'Memory, B', get: row => row.point.memory_bytes, as: format.count},
        {title: 'Top-1', get: row => row.top1, as: format.share, rare: true},
        {title: 'Median, ms', get: row => row.point.median_seconds, as: format.milliseconds},
        {title: 'Low, ms', get: row => row.point.ci_low_seconds, as: format.milliseconds},
        {title: 'High, ms', get: row => row.point.ci_high_seconds, as: format.milliseconds},
        {title: 'On paper', get: row => row.point.analytic_speedup, as: format.factor},
        {title: 'Measured', get: row => row.point.speedup, as: format.factor},
        {title: 'Kept', get: row => row.point.fraction_kept, as: format.share},
        {title: 'Samples', get: row => row.point.samples, as: format.count},
        {title: 'Status', get: row => (row.point.reason ? `${row.point.status}: ${row.point.reason}` : row.point.status)},
    ];
    const shown = columns.filter(column =>
        (!column.many || data.runs.length > 1) &&
        (!column.rare || measured_rows.some(row => is_known(column.get(row)))));

    function row_element(row) {
        return element('tr', {}, ...shown.map(column => {
            const value = column.get(row);
            const text = is_known(value) ? (column.as || format.text)(value) : unknown;
            const attributes = {'data-value': is_known(value) ? value : ''};
            if (column.as) attributes.class = 'number';
            if (column.title !== 'Model') return element('td', attributes, column.as ? text : name(text));
            return element('th', {...attributes, scope: 'row'}, name(text));
        }));
    }

    // What is not known comes last, whichever way.
    function sorted(rows, column, down) {
        const order = (a, b) => {
            const [x, y] = [column.get(a), column.get(b)];
            if (!is_known(x) || !is_known(y)) return Number(!is_known(x)) - Number(!is_known(y));
            const less = typeof x === 'number' ? x - y : x < y ? -1 : Number(x > y);
            return down ? -less : less;
        };
        return [...rows].sort(order);
    }

    function fill_table() {
        const body = element('tbody', {}, ...measured_rows.map(row_element));
        const heads = shown.map(column => {
            const button = element('button', {type: 'button'}, column.title);
            const head = element('th', {scope: 'col', 'aria-sort': 'none', ...(column.as ? {class: 'number'} : {})},
                                 button);
            button.addEventListener('click', () => {
                const down = head.getAttribute('aria-sort') === 'ascending';
                for (const other of heads) other.setAttribute('aria-sort', 'none');
                head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
                body.replaceChildren(...sorted(measured_rows, column, down).map(row_element));
                by_id('sorted').textContent = `Sorted by ${column.title}, ${down ? 'descending' : 'ascending'}`;
            });
            return head;
        });
        const caption = element('caption', {}, 'Times of a forward pass, with intervals; speed-ups over the largest cell');
        by_id('networks').append(caption, element('thead', {}, element('tr', {}, ...heads)), body);
    }

    // ---- machine and settings ----

    const is_object = value => value !== null && typeof value === 'object';
    const is_list_of_objects = value => Array.isArray(value) && value.some(is_object);

    // [name, value] for everything that is not a list of objects.
    function flat(value, path = []) {
        if (!is_object(value)) return [[path.join(', '), value]];
        if (Array.isArray(value)) return [[path.join(', '), value.length > 0 ? value.join(', ') : null]];
        return Object.entries(value)
            .filter(([, inner]) => !is_list_of_objects(inner))
            .flatMap(([key, inner]) => flat(inner, [...path, key.replaceAll('_', ' ')]));
    }

    function list_table(rows) {
        const keys = [...new Set(rows.flatMap(row => Object.keys(row)))];
        const text = value => (Array.isArray(value) ? value.join(' to ') : value);
        return table_element({columns: keys, rows: rows.map(row => keys.map(key => text(row[key])))});
    }

    function facts_element(title, value) {
        const made = element('div', {}, element('h3', {}, name(title)));
        if (is_list_of_objects(value)) {
            made.append(scrolling(list_table(value), title));
            return made;
        }
        const list = element('dl');
        for (const [key, text] of flat(value)) {
            list.append(element('dt', {}, key), element('dd', {}, name(is_known(text) ? String(text) : unknown)));
        }
        made.append(list);
        for (const [key, inner] of Object.entries(value)) {
            if (is_list_of_objects(inner)) made.append(scrolling(list_table(inner), key));
        }
        return made;
    }

    function fill_facts() {
        documents.forEach((one, run) => {
            const prefix = documents.length > 1 ? data.runs[run].name + ': ' : '';
            const {machine, settings, noise, build, engines, cells, fit, schema, prediction, ...ending} = one;
            const groups = {machine, settings, 'noise before the run': noise, build, engines, 'how it ran': ending,
                            'slope of log time on log MACs': fit, ...(prediction ? {prediction} : {})};
            for (const [title, value] of Object.entries(groups)) {
                by_id('facts').append(facts_element(prefix + title, value));
            }
        });
    }

    // ---- all of it ----

    fill_summary();
    fill_sections();
    fill_table();
    fill_facts();
    if (data.runs.length > 1) document.querySelector('main').classList.add('compare');
    by_id('theme').addEventListener('click', () => {
        chosen_theme = theme() === 'dark' ? 'light' : 'dark';
        apply_theme();
    });
    prefers_dark.addEventListener('change', apply_theme);
    const print = on => () => {
        printing = on;
        apply_theme();
    };
    window.addEventListener('beforeprint', print(true));
    window.addEventListener('afterprint', print(false));
    let waiting = 0;
    window.addEventListener('resize', () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => drawn.filter(entry => entry.host.clientWidth !== entry.width).forEach(draw), 120);
    });
    window.addEventListener('scroll', hide_tooltip, {passive: true});
    apply_theme();
    root.dataset.ready = 'true';
})();
