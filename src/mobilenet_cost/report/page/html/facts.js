// Figures as people read them, and what a run says of its machine and settings. The JSON keeps every digit.
'use strict';

const mobilenet_facts = (() => {
    const unknown = '–';
    const is_known = value => value !== null && value !== undefined;
    const is_object = value => value !== null && typeof value === 'object';

    const digits = new Intl.NumberFormat('en-US', {maximumSignificantDigits: 4});
    const whole = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});
    const factor = value => (value < 9.995 ? value.toFixed(2) : value.toFixed(1)) + '×';
    const share = value => (100 * value).toFixed(1) + ' %';

    // The largest unit that leaves at least 1: [[1024, 'KiB'], ...], smallest first.
    function in_units(value, units) {
        const fitting = units.filter(([size]) => Math.abs(value) >= size);
        const [size, name] = fitting.length > 0 ? fitting[fitting.length - 1] : units[0];
        return digits.format(value / size) + ' ' + name;
    }
    const bytes = value => in_units(value, [[1, 'B'], [1024, 'KiB'], [1024 ** 2, 'MiB'], [1024 ** 3, 'GiB']]);
    const seconds = value =>
        (value === 0 ? '0 s' : in_units(value, [[1e-9, 'ns'], [1e-6, 'µs'], [1e-3, 'ms'], [1, 's']]));
    const rate = (value, unit) => in_units(value, [[1, unit], [1e3, 'k' + unit], [1e6, 'M' + unit], [1e9, 'G' + unit]]);

    // Decimals that give the smallest of these numbers three digits, for all of them alike.
    function decimals_for(values) {
        const least = Math.min(...values.filter(value => value > 0));
        return Number.isFinite(least) ? Math.min(5, Math.max(0, 2 - Math.floor(Math.log10(least)))) : 0;
    }

    // A number of a table without a format of its own.
    function number(value) {
        return Number.isInteger(value) ? whole.format(value) : digits.format(value);
    }

    // ---- figures with their uncertainty ----

    // As the report marks: no interval, or one that is wider than was asked for. A base is exact.
    const half_width = (value, ci) => (is_known(value) && ci ? (ci[1] - ci[0]) / 2 / value : null);
    const is_wide = (value, ci, one) => is_known(value) && (!ci || half_width(value, ci) > one.settings.timing.precision);
    const range = (ci, text) => (ci ? `${text(ci[0])} to ${text(ci[1])}` : 'no interval');
    const size_of = cell => cell.resolution ?? `${cell.height}x${cell.width}`;
    const cell_name = cell => `alpha ${cell.alpha}, ${size_of(cell)} px`;

    // A figure with its uncertainty: {value, range, text}.
    function marked(value, ci, one, text) {
        if (!is_known(value)) return {value: unknown};
        return {value: (is_wide(value, ci, one) ? '~' : '') + text(value), range: range(ci, text)};
    }

    const top_of = (rows, value) =>
        rows.filter(row => is_known(value(row))).sort((a, b) => value(b) - value(a))[0];

    // What one run says first: {label: {value, range, text}}.
    function headline(one, rows) {
        const timed = rows.filter(row => row.point.network === 'separable' && row.point.status !== 'predicted');
        const says = {'size of the grid': {
            value: whole.format(one.cells.length) + (one.cells.length === 1 ? ' cell' : ' cells'),
            text: one.settings.timing ? `${whole.format(one.rounds)} ${one.rounds === 1 ? 'round' : 'rounds'}` : 'counted'}};
        const best = top_of(timed.filter(row => one.cells.length > 1), row => row.point.speedup);
        if (best) {
            const {cell, point} = best;
            says['largest measured speed-up over the base'] = {
                ...marked(point.speedup, point.speedup_ci, one, factor),
                text: `${cell_name(cell)}; ${factor(point.analytic_speedup)} on paper`};
            says['of the theoretical speed-up, measured'] = {
                ...marked(point.fraction_kept, point.fraction_kept_ci, one, share), text: cell_name(cell)};
        }
        const standard = top_of(timed.filter(row => row.point.standard_speedup), row => row.cell.macs);
        if (standard) {
            const {measured, ci, analytic} = standard.point.standard_speedup;
            says['faster than standard convolutions'] = {
                ...marked(measured, ci, one, factor),
                text: `${cell_name(standard.cell)}` + (analytic ? `; ${factor(analytic)} on paper` : '')};
        }
        const paper = top_of(one.cells, cell => cell.analytic_speedup);
        if (!one.settings.timing && paper)
            says['largest speed-up on paper'] = {value: factor(paper.analytic_speedup), text: cell_name(paper)};
        const base = top_of(one.cells, cell => cell.macs);
        if (!one.settings.timing && base && base.macs > 0 && base.standard_macs > base.macs)
            says['fewer MACs than with standard convolutions'] = {
                value: factor(base.standard_macs / base.macs), text: cell_name(base)};
        if (one.fit.length > 0) {
            const {slope, slope_ci: ci} = one.fit[0];
            says['slope of log time on log MACs'] = {
                value: (ci ? '' : '~') + slope.toFixed(3), range: range(ci, end => end.toFixed(3)),
                text: '1: time grows as MACs'};
        }
        if (one.noise) says['noise of the machine'] = {value: one.noise.verdict};
        return says;
    }

    // What makes the figures of a run doubtful, worst first.
    function doubts(one) {
        const bounded = [...new Set(one.cells.filter(cell => cell.lower_bound).map(cell => cell.model))];
        const said = bounded.map(model => `The counts of ${model} are lower bounds: some of its operators are not known.`);
        if (!one.settings.timing) return said;
        const points = one.cells.flatMap(cell => cell.measured);
        const timed = points.filter(point => point.status === 'ok').length;
        if (one.rounds === 1) said.push('One round only: no figure has an interval, so none can be relied on.');
        if (one.noise.verdict === 'hopeless')
            said.push(`The machine was too noisy to measure well (${one.noise.reasons.join('; ')}).`);
        if (one.ended === 'interrupted') said.push('The run was interrupted: this is what there was until then.');
        if (one.imprecise_points > 0)
            said.push(`${one.imprecise_points} of ${timed} timed networks (marked ~) are not within ` +
                      `±${digits.format(100 * one.settings.timing.precision)} %.`);
        if (one.prediction) {
            const count = one.cells.flatMap(cell => cell.predicted || []).filter(point => point.residual === null).length;
            const off = one.prediction.median_residual;
            said.push(`${count} networks (marked ≈) were not timed but predicted` +
                      (is_known(off) ? `; spot checks were off by ${share(off)} (median), ` +
                                       `${share(one.prediction.largest_residual)} at most.` : '.'));
        }
        return said;
    }

    // ---- machine and settings: names and units instead of keys ----

    const labels = {
        cpu_model: 'CPU', cpu_vendor: 'vendor', cpu_family: 'family', cpu_model_number: 'model number',
        cpu_stepping: 'stepping', hypervisor: 'virtual machine', allowed_cpus: 'CPUs allowed', memory_bytes: 'memory',
        memory_available_bytes: 'memory free', load_average: 'load (1, 5, 15 min)', dtype: 'data type',
        rounds: 'rounds', precision: 'goal: half width of an interval', max_seconds: 'time limit',
        confidence: 'confidence of an interval', between_runs: 'run-to-run variation added', pin_cpu: 'pinned to CPU',
        most_steal: 'stolen time allowed', most_switches_per_second: 'context switches allowed', seed: 'seed of the order',
        steal_share: 'stolen time', involuntary_switches_per_second: 'context switches', loops: 'test loops',
        loop_median_seconds: 'test loop, median', loop_p95_over_median: 'test loop, 95th percentile / median',
        loop_max_over_median: 'test loop, slowest / median', ping_pong_seconds: 'round trip between CPUs',
        seconds: 'duration', cpus: 'CPUs', ended: 'ended because of', run_seconds: 'duration',
        worst_interval: 'widest interval that counts', detectable_change: 'change that would be detected',
        imprecise_points: 'points that are not precise', clock_resolution_seconds: 'resolution of the clock',
        timed_cells: 'cells timed', spot_cells: 'cells timed only as a check', obstacles: 'not predicted',
        median_residual: 'error of the spot checks, median', largest_residual: 'error of the spot checks, largest',
    };
    const shares = new Set(['precision', 'confidence', 'between_runs', 'most_steal', 'steal_share', 'worst_interval',
                            'detectable_change', 'median_residual', 'largest_residual', 'mac_share', 'time_share']);

    const label_of = key => labels[key] || key.replace(/_(bytes|seconds)$/, '').replaceAll('_', ' ');

    // Highway's targets by the name that everybody else uses.
    const instruction_set = text => text.replace(/^AVX3(_|$)/, (_, more) => 'AVX-512' + (more ? ' ' : ''));

    function value_text(key, value) {
        if (!is_known(value)) return unknown;
        if (typeof value === 'boolean') return value ? 'yes' : 'no';
        if (Array.isArray(value)) return value.length > 0 ? value.map(one => value_text('', one)).join(key === 'reasons' ? '; ' : ', ') : 'none';
        if (key === 'instruction_set') return instruction_set(String(value));
        if (key === 'started') return String(value).replace('T', ' ').replace('Z', ' UTC');
        if (key === 'ended') return value.replaceAll('_', ' ');
        if (typeof value !== 'number') return String(value);
        if (key === 'seed') return String(value);
        if (shares.has(key)) return digits.format(100 * value) + ' %';
        if (key.endsWith('bytes')) return bytes(value);
        if (key.endsWith('per_second')) return rate(value, '/s');
        if (key.endsWith('seconds')) return seconds(value);
        return number(value);
    }

    // [label, text] of what is no object; an object in it is one line if it is short, or left out.
    function facts_of(values) {
        return Object.entries(values)
            .filter(([, value]) => !(Array.isArray(value) && value.some(is_object)))
            .map(([key, value]) => [
                label_of(key),
                is_object(value) && !Array.isArray(value)
                    ? Object.entries(value).map(([name, one]) => `${label_of(name)} ${value_text(name, one)}`).join(', ')
                    : value_text(key, value)]);
    }

    const cache_text = ({level, type, bytes: size}) =>
        `L${level}${{Data: 'd', Instruction: 'i'}[type] || ''} ${bytes(size)}`;

    // The sections of "Machine and settings": [title, [label, text]...] and tables of engines and slopes.
    function sections_of({machine, settings, noise, build, engines, fit, prediction, ...run}) {
        const {caches, ...rest} = machine;
        const {timing, ...counting} = settings;
        const pick = (...keys) => Object.fromEntries(keys.filter(key => key in run).map(key => [key, run[key]]));
        const sections = [
            ['Machine', [...facts_of(rest), ...(caches ? [['caches', caches.map(cache_text).join(', ')]] : [])]],
            ['Counting', facts_of(counting)],
            ['Timing', timing ? facts_of(timing) : []],
            ['Noise before the run', noise ? facts_of(noise) : []],
            ['The run', facts_of(pick('started', 'run_seconds', 'rounds', 'ended', 'worst_interval',
                                      'detectable_change', 'imprecise_points', 'blocks_shortened'))],
            ['Build', build ? facts_of(build) : []],
            ['Engines', (engines || []).map(one => [one.name, one.available
                ? [one.version, one.instruction_set && instruction_set(one.instruction_set)].filter(Boolean).join(', ') ||
                  'available'
                : `not available: ${one.reason}`])],
            ['How time follows MACs', (fit || []).map(one => [
                `${one.model}, ${one.engine}, ${one.network}`,
                one.slope_ci ? `slope ${one.slope.toFixed(3)} (${one.slope_ci.map(end => end.toFixed(3)).join(' to ')})`
                             : `slope ~${one.slope.toFixed(3)} (no interval)`])],
            ['Prediction', prediction ? facts_of({...prediction, timed_cells: prediction.timed_cells.length, spot_cells: prediction.spot_cells.length}) : []],
        ];
        return sections.filter(([, facts]) => facts.length > 0);
    }

    return {decimals_for, digits, doubts, factor, half_width, headline, is_known, is_wide, number, range, sections_of, size_of,
            share, unknown, whole};
})();
