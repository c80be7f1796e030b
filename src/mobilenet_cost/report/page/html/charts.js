// From the report's data to a Vega view. Used by the page and by draw.js, so that a picture is the same in both.
'use strict';

const mobilenet_charts = (() => {
    // {"columns": [...], "rows": [[...], ...]} as objects.
    const rows_of = table =>
        table.rows.map(row => Object.fromEntries(table.columns.map((column, i) => [column, row[i]])));

    // What is shown until the reader chooses.
    const first_of = choice => choice.value ?? choice.options[0].value;

    // The definition with this chart's data, words and choices in it.
    function specification(chart, definition, tables, width) {
        const spec = structuredClone(definition);
        spec.width = width;
        spec.description = chart.description;
        for (const data of spec.data) {
            if (chart.data[data.name]) data.values = rows_of(tables[chart.data[data.name]]);
        }
        const signals = {...chart.signals};
        for (const choice of chart.choices || []) signals[choice.signal] ??= first_of(choice);
        for (const signal of spec.signals) {
            if (signal.name in signals) signal.value = signals[signal.name];
        }
        return spec;
    }

    // Ready to run; `options` are those of vega.View.
    function view(vega, chart, definition, tables, theme, width, options) {
        const spec = specification(chart, definition, tables, width);
        const runtime = vega.parse(spec, theme, {ast: true});
        return new vega.View(runtime, {expr: vega.expressionInterpreter, logLevel: vega.Warn, ...options});
    }

    return {first_of, rows_of, view};
})();

if (typeof module !== 'undefined') module.exports = mobilenet_charts;
