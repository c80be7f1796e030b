// The part of Vega that the charts need, bundled by the build: without geography, force layouts and the like. The
// interpreter evaluates the expressions of a chart, so that the page can forbid code made from text.
import {extend} from 'vega-util';
import {transforms} from 'vega-dataflow';
import * as data from 'vega-transforms';
import * as layout from 'vega-view-transforms';
import * as encode from 'vega-encode';

extend(transforms, data, layout, encode);

export {parse} from 'vega-parser';
export {View} from 'vega-view';
export {expressionInterpreter} from 'vega-interpreter';
export {Warn} from 'vega-util';
