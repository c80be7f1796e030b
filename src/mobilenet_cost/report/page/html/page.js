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
    const {
        decimals_for, digits, doubts, factor, half_width, headline, is_known, is_wide, range, share, size_of, unknown, whole,
    } = mobilenet_facts;

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
    const paper_width = 700; // A4 and Letter between their margins; there a chart has the whole width
    const run_name = chart => (data.runs.length > 1 ? data.runs[chart.run].name + ': ' : '');

    function draw(entry) {
        const width = printing ? paper_width : Math.floor(entry.host.clientWidth);
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
        select.value = mobilenet_charts.first_of(choice);
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

    const figure_text = value => {
        if (!is_known(value)) return unknown;
        return typeof value === 'number' ? mobilenet_facts.number(value) : String(value);
    };

    function table_element(table) {
        const head = element('tr', {}, ...table.columns.map(column =>
            element('th', {scope: 'col'}, column.replaceAll('_', ' '))));
        const body = table.rows.map(row => element('tr', {}, ...row.map(value =>
            element('td', typeof value === 'number' ? {class: 'number'} : {},
                    name(figure_text(value))))));
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
            caption.append(element('span', {class: 'muted'}, mobilenet_charts.first_of(chart.choices[0])));
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
        let alone = null; // the section that has no neighbour in its row yet
        for (const section of document.querySelectorAll('main section')) {
            const charts = data.charts.filter(chart => chart.kind === section.dataset.kind);
            section.hidden = 'kind' in section.dataset && charts.length === 0;
            if (section.hidden) continue;
            section.id ||= section.dataset.kind;
            const figures = section.querySelector('.figures');
            if (figures) figures.append(...side_by_side(charts).map(figure_element));
            section.classList.toggle('several', charts.length > 1);
            if (section.matches('.wide, .several')) {
                if (alone) alone.classList.add('wide');
                alone = null;
            } else {
                alone = alone ? null : section;
            }
            contents.append(element('a', {href: '#' + section.id}, section.querySelector('h2').textContent));
        }
    }

    // ---- what is said first ----

    const documents = data.runs.map(run => run.document);
    const is_counted = documents.every(one => !one.settings.timing);
    // A predicted network has the members of a measured one, as far as it has their values.
    const as_measured = (cell, {seconds, low_seconds, high_seconds, ...predicted}) => ({
        ...predicted, status: 'predicted', median_seconds: seconds, ci_low_seconds: low_seconds,
        ci_high_seconds: high_seconds, macs: predicted.network === 'separable' ? cell.macs : cell.standard_macs,
    });
    const points_of = cell => [
        ...cell.measured,
        ...(is_counted ? [{...cell, network: null, status: 'counted'}] : []),
        ...(cell.predicted || []).filter(point => point.residual === null).map(point => as_measured(cell, point)),
    ];
    const measured_rows = documents.flatMap((one, run) => one.cells.flatMap((cell, index) =>
        points_of(cell).map(point => ({index: run, run: data.runs[run].name, cell, point, one,
                                       // published for the network itself, not for its counterpart
                                       top1: point.network === 'separable' ? data.runs[run].top1[index] : null}))));

    const several = documents.length > 1;
    const mark_of = run => (several ? `Run ${run + 1}: ` : '');
    function card_element(label, figures) {
        const values = figures.map((figure, run) => element(
            'div', {}, ...(several ? [element('small', {}, `run ${run + 1}`)] : []),
            element('b', {}, figure ? figure.value : unknown),
            ...(figure && figure.range ? [element('small', {}, figure.range)] : []),
            ...(figure && figure.text ? [element('small', {class: 'muted'}, figure.text)] : [])));
        return element('li', {}, element('span', {}, label), element('div', {class: 'values'}, ...values));
    }

    function fill_summary() {
        const models = [...new Set(documents.flatMap(one => one.cells.map(cell => cell.model)))];
        by_id('title').append(name(models.join(', ')));
        const origin = documents.map((one, run) => [
            several ? `run ${run + 1}: ${data.runs[run].name}` : data.runs[run].name, one.machine.cpu_model,
            is_known(one.started) ? one.started.replace('T', ' ').replace('Z', ' UTC') : null].filter(is_known).join(' · '));
        by_id('origin').append(...origin.map(name));
        const said = documents.flatMap((one, run) => doubts(one).map(text => mark_of(run) + text));
        by_id('doubts').hidden = said.length === 0;
        by_id('doubts').append(...said.map(text => element('li', {}, text)));
        const headlines = documents.map((one, run) =>
            headline(one, measured_rows.filter(row => row.index === run)));
        for (const label of new Set(headlines.flatMap(Object.keys))) {
            by_id('cards').append(card_element(label, headlines.map(says => says[label])));
        }
    }

    // ---- the table that sorts ----

    const plain = value => String(value);
    const milliseconds = value => value * 1e3;
    const mebibytes = value => (value / 1024 ** 2).toFixed(2);
    const ci_of = ({ci_low_seconds: low, ci_high_seconds: high}) => (is_known(low) && is_known(high) ? [low, high] : null);
    const standard_of = row => row.point.standard_speedup || {measured: null, ci: null};
    const widest = (value, ci) => half_width(value, ci) ?? (is_known(value) ? Infinity : null);

    // Of one that is not precise, by how much; the goal is about ratios.
    function status_of({point, one}) {
        if (point.status === 'counted') return null;
        if (point.reason) return `${point.status}: ${point.reason}`;
        if (point.status !== 'ok' || point.precise) return point.status;
        return `not within ±${digits.format(100 * one.settings.timing.precision)} %`;
    }

    const milliseconds_digits = decimals_for(
        measured_rows.map(row => milliseconds(row.point.median_seconds ?? 0)));
    const time_text = value => milliseconds(value).toFixed(milliseconds_digits);

    const at_least = (cell, count) => (cell.lower_bound ? '≥ ' : '') + whole.format(count);

    // `get` is the value that the document has, and that sorts; `as` shows a number, `text` the whole row.
    const columns = [
        {title: 'Run', get: row => row.run, varies: true},
        {title: 'Model', get: row => row.cell.model},
        {title: 'Alpha', get: row => row.cell.alpha, as: plain},
        {title: 'Resolution', get: row => row.cell.resolution ?? Math.sqrt(row.cell.height * row.cell.width), as: plain,
         text: row => size_of(row.cell)},
        {title: 'Engine', get: row => row.point.engine, varies: true},
        {title: 'Threads', get: row => row.point.threads, as: plain, varies: true},
        {title: 'Network', get: row => row.point.network, rare: true},
        {title: 'MACs', get: row => row.point.macs, as: whole.format,
         text: row => at_least(row.cell, row.point.macs)},
        {title: 'Parameters', get: row => row.point.params, as: whole.format,
         text: row => at_least(row.cell, row.point.params)},
        {title: 'Weights, MiB', get: row => row.point.weight_bytes, as: mebibytes},
        {title: 'Weights + activations, MiB', get: row => row.point.memory_bytes, as: mebibytes, rare: true},
        {title: 'Peak activations, MiB', get: row => (row.point.status === 'counted' ? row.cell.peak_activation_bytes : null),
         as: mebibytes, rare: true},
        {title: 'Top-1', get: row => row.top1, as: share, rare: true},
        {title: 'Median, ms', get: row => row.point.median_seconds, as: time_text, rare: true,
         text: ({point}) => (point.status === 'predicted' ? '≈' : ci_of(point) ? '' : '~') + time_text(point.median_seconds)},
        {title: 'Interval, ms', get: row => widest(row.point.median_seconds, ci_of(row.point)), as: plain, rare: true,
         text: row => range(ci_of(row.point), time_text)},
        {title: 'On paper', get: row => row.point.analytic_speedup, as: factor},
        {title: 'Measured', get: row => row.point.speedup, as: factor, rare: true, text: row => speedup_text(row, 'speedup', factor)},
        {title: 'Interval', get: row => widest(row.point.speedup, row.point.speedup_ci), as: plain, rare: true,
         text: row => (row.point.status === 'predicted' ? 'predicted' : range(row.point.speedup_ci, factor))},
        {title: 'Kept', get: row => row.point.fraction_kept, as: share, rare: true, text: row => speedup_text(row, 'fraction_kept', share)},
        {title: 'Over standard', get: row => standard_of(row).measured, as: factor, rare: true,
         text: row => (is_wide(standard_of(row).measured, standard_of(row).ci, row.one) ? '~' : '') + factor(standard_of(row).measured)},
        {title: 'Its interval', get: row => widest(standard_of(row).measured, standard_of(row).ci), as: plain, rare: true,
         text: row => range(standard_of(row).ci, factor)},
        {title: 'Rounds', get: row => row.point.samples, as: whole.format, rare: true},
        {title: 'Status', get: status_of, rare: true},
    ];
    function speedup_text({point, one}, key, text) {
        const mark = point.status === 'predicted' ? '≈' : is_wide(point.speedup, point.speedup_ci, one) ? '~' : '';
        return mark + text(point[key]);
    }
    const values_of = column => new Set(measured_rows.map(column.get));
    const shown = columns.filter(column =>
        (!column.varies || values_of(column).size > 1) &&
        (!column.rare || measured_rows.some(row => is_known(column.get(row)))));

    function row_element(row) {
        return element('tr', {}, ...shown.map(column => {
            const value = column.get(row);
            const text = is_known(value) ? (column.text ? column.text(row) : (column.as || plain)(value)) : unknown;
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
        const same = columns.filter(column => column.varies && column.title !== 'Run' && values_of(column).size === 1)
            .map(column => [...values_of(column)][0]).filter(is_known);
        const runner = same.length === 2 ? ` on ${same[0]}, ${same[1]} ${same[1] === 1 ? 'thread' : 'threads'}` : '';
        const confidence = documents[0].settings.timing
            ? `; intervals at ${digits.format(100 * documents[0].settings.timing.confidence)} % confidence` : '';
        const caption = element('caption', {}, documents[0].settings.timing
            ? `Times of a forward pass${runner}${confidence}; speed-ups over the largest cell`
            : 'Exact counts; speed-ups over the largest cell on paper');
        by_id('networks').append(caption, element('thead', {}, element('tr', {}, ...heads)), body);
    }

    // ---- machine and settings ----

    function fill_facts() {
        documents.forEach((one, run) => {
            for (const [title, facts] of mobilenet_facts.sections_of(one)) {
                const list = element('dl');
                for (const [key, text] of facts) {
                    list.append(element('dt', {}, key), element('dd', {}, text.length > 400 ? name(text) : text));
                }
                by_id('facts').append(element('div', {}, element('h3', {}, mark_of(run) + title), list));
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
    const print = on => {
        if (printing === on) return;
        printing = on;
        apply_theme();
    };
    window.addEventListener('beforeprint', () => print(true));
    window.addEventListener('afterprint', () => print(false));
    window.matchMedia('print').addEventListener('change', event => print(event.matches));
    let waiting = 0;
    window.addEventListener('resize', () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => drawn.filter(entry => !printing && entry.host.clientWidth !== entry.width).forEach(draw), 120);
    });
    window.addEventListener('scroll', hide_tooltip, {passive: true});
    apply_theme();
    root.dataset.ready = 'true';
})();
