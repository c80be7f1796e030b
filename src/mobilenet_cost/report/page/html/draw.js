// Draws pictures: for each line of JSON on standard input, a chart with all it needs, a line with its SVG, or with why
// there is none. Run by `mobilenet-cost report --svg`.
'use strict';

const fs = require('fs');
const path = require('path');
const readline = require('readline');
const vm = require('vm');

const charts = require('./charts.js');

// Made for a browser: it leaves a global variable behind.
vm.runInThisContext(fs.readFileSync(path.join(__dirname, 'vega.js'), 'utf8'), 'vega.js');

// What Vega warns of would not be seen otherwise.
function refuse(...words) {
    throw new Error(words.join(' '));
}
const logger = {level: () => logger, error: refuse, warn: refuse, info: () => logger, debug: () => logger};

const escaped = text => text.replace(/[&<"]/g, character => `&#${character.charCodeAt(0)};`);

// Without a browser the widths of texts are estimates: a limit would cut what has room.
function without_limits(value) {
    if (Array.isArray(value)) return value.map(without_limits);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
        Object.entries(value).filter(([key]) => key !== 'limit').map(([key, inner]) => [key, without_limits(inner)]));
}

// On paper there is no page around a chart: it says itself what it is of, and has a ground.
async function draw({chart, spec: limited, tables, theme, width}) {
    const {data, ...rest} = limited; // a field of a table may be called "limit"
    const spec = {data, ...without_limits(rest)};
    const cells = (chart.choices || []).filter(choice => choice.signal === 'cell').map(charts.first_of);
    const text = [chart.group, ...cells].join(', ');
    const title = {text, subtitle: chart.origin, subtitleColor: theme.axis.titleColor, anchor: 'start', fontSize: 14, offset: 10};
    const paper = {...theme, background: theme.paper.background};
    const options = {renderer: 'none', logger};
    const view = charts.view(globalThis.vega, chart, {...spec, title}, tables, paper, width, options);
    const svg = await view.toSVG();
    const label = escaped(`${text}. ${chart.description}`);
    return {svg: svg.replace('<svg ', `<svg role="img" aria-label="${label}" `)};
}

(async () => {
    for await (const line of readline.createInterface({input: process.stdin})) {
        if (line === '') break;
        const answer = await draw(JSON.parse(line)).catch(error => ({error: String(error && error.message)}));
        process.stdout.write(JSON.stringify(answer) + '\n');
    }
    process.stdin.destroy(); // open, it would keep the process
})();
