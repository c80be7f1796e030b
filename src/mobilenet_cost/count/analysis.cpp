#include "mobilenet_cost/count/analysis.h"

#include "mobilenet_cost/model/standard_counterpart.h"

namespace mobilenet_cost {
namespace {

Totals totals_of(const Cost& cost, const Terms& terms, const Convention& convention) {
    return {count_macs(terms, convention), parameter_count(cost, convention.batch_norm)};
}

Totals totals_of(const Network& network, const Convention& convention) {
    return totals_of(total_cost(network), total_terms(network), convention);
}

LayerAnalysis layer_analysis(const Network& network, std::size_t index, const Convention& convention) {
    const Layer& layer = network.layers[index];
    LayerAnalysis row;
    row.name = layer_name(network, index);
    row.op = op_name(layer);
    row.block = block_name(network, index);
    row.layer_class = layer_class(network, index);
    row.input = layer.input;
    row.output = layer.output;
    if (const Conv* conv = std::get_if<Conv>(&layer.kind)) {
        row.kernel = conv->kernel;
        row.stride = conv->stride;
        row.dilation = conv->dilation;
        row.groups = conv->groups;
    }
    if (const WindowPool* pool = std::get_if<WindowPool>(&layer.kind)) {
        row.kernel = pool->kernel;
        row.stride = pool->stride;
    }
    row.cost = layer_cost(layer);
    row.macs = count_macs(layer_terms(layer), convention);
    row.params = parameter_count(row.cost, convention.batch_norm);
    return row;
}

/// A block with two pairs (MobileNetV4's extra depthwise) tells them apart by their pointwise layers.
std::string pair_name(const Network& network, const SeparablePair& pair) {
    const Role role = network.layers[pair.pointwise].role;
    return role == Role::expand || role == Role::whole ? layer_name(network, pair.pointwise)
                                                       : block_name(network, pair.pointwise);
}

SeparableBlock separable_block(const Network& network, const SeparablePair& pair, DataType data_type) {
    const Layer& depthwise = network.layers[pair.depthwise];
    const Layer& pointwise = network.layers[pair.pointwise];
    SeparableBlock block;
    block.name = pair_name(network, pair);
    block.k = std::get<Conv>(depthwise.kind).kernel;
    block.multiplier = depth_multiplier(depthwise);
    block.c_in = depthwise.input.c;
    block.c_out = pointwise.output.c;
    block.h_out = pointwise.output.h;
    block.w_out = pointwise.output.w;
    const std::int64_t taps = area(block.k);
    const std::int64_t pixels =
        checked_multiply(pointwise.output.n, checked_multiply(block.h_out, block.w_out));
    block.p_s = checked_multiply(taps, checked_multiply(block.c_in, block.c_out));
    block.p_d = checked_multiply(pointwise.input.c, checked_add(taps, block.c_out));
    block.c_s = checked_multiply(pixels, block.p_s);
    block.c_d = checked_multiply(pixels, block.p_d);
    const std::int64_t ends = checked_add(element_count(depthwise.input), element_count(pointwise.output));
    const std::int64_t between = checked_multiply(2, element_count(depthwise.output));
    const std::int64_t element = element_bytes(data_type);
    block.bytes_s = checked_multiply(element, checked_add(ends, block.p_s));
    block.bytes_d = checked_multiply(element, checked_add(checked_add(ends, between), block.p_d));
    const auto k2 = static_cast<double>(taps);
    const auto co = static_cast<double>(block.c_out);
    block.closed_form = k2 * co / (static_cast<double>(block.multiplier) * (k2 + co));
    block.article_approx = co / (1 + 1 / k2);
    return block;
}

double ratio(std::int64_t numerator, std::int64_t denominator) {
    return static_cast<double>(numerator) / static_cast<double>(denominator);
}

Scaling scaling_of(const Analysis& analysis, const Totals& base) {
    Scaling scaling;
    scaling.macs_exact = ratio(analysis.totals.macs, base.macs);
    scaling.params_exact = ratio(analysis.totals.params, base.params);
    scaling.alpha_squared = analysis.variant.alpha * analysis.variant.alpha;
    scaling.beta_squared = analysis.beta * analysis.beta;
    return scaling;
}

/// The base of a variant: alpha 1 at the native resolution, everything else the same.
Variant base_of(const ModelConfig& config, const Variant& variant) {
    Variant base = variant;
    base.alpha = 1;
    base.resolution = config.resolution;
    return base;
}

void set_peaks(Analysis& analysis, const Network& network) {
    analysis.peak = peak_memory(network, Overlap::none);
    analysis.peak_layer = layer_name(network, analysis.peak.layer);
    analysis.peak_in_place = peak_memory(network, Overlap::in_place);
    analysis.peak_in_place_layer = layer_name(network, analysis.peak_in_place.layer);
}

}  // namespace

std::vector<SeparableBlock> separable_blocks(const Network& network, DataType data_type) {
    std::vector<SeparableBlock> blocks;
    for (const SeparablePair& pair : separable_pairs(network))
        blocks.push_back(separable_block(network, pair, data_type));
    return blocks;
}

double parameter_ratio(const SeparableBlock& block) {
    return ratio(block.p_s, block.p_d);
}

double mac_ratio(const SeparableBlock& block) {
    return ratio(block.c_s, block.c_d);
}

Analysis analyze(const ModelConfig& config, const Variant& variant, DataType data_type,
                 const Convention& convention) {
    const Network network = expand(config, variant);
    Analysis analysis;
    analysis.model = config.name;
    analysis.variant = variant;
    analysis.variant.resolution = {network.input.h, network.input.w};
    analysis.beta = resolution_multiplier(analysis.variant.resolution, config.resolution);
    analysis.data_type = data_type;
    analysis.convention = convention.name;
    analysis.unit = convention.unit;
    analysis.cost = total_cost(network);
    analysis.totals = totals_of(network, convention);
    for (std::size_t i = 0; i < kBatchNormCounts; ++i)
        analysis.params.at(i) = parameter_count(analysis.cost, static_cast<BatchNormCount>(i));
    set_peaks(analysis, network);
    analysis.standard = totals_of(standard_counterpart(network), convention);
    analysis.scaling = scaling_of(analysis, totals_of(expand(config, base_of(config, variant)), convention));
    analysis.blocks = separable_blocks(network, data_type);
    for (std::size_t i = 0; i < network.layers.size(); ++i)
        analysis.layers.push_back(layer_analysis(network, i, convention));
    analysis.unknown = unknown_operators(config);
    return analysis;
}

Summary summarize(const ModelConfig& config, const Variant& variant, const Convention& convention,
                  SummaryScratch& scratch) {
    expand_into(config, variant, scratch.separable);
    standard_counterpart_into(scratch.separable, scratch.standard);
    Summary summary;
    summary.cost = total_cost(scratch.separable);
    summary.totals = totals_of(summary.cost, total_terms(scratch.separable), convention);
    summary.standard = totals_of(scratch.standard, convention);
    summary.peak_elements = peak_memory(scratch.separable, Overlap::none).elements;
    return summary;
}

}  // namespace mobilenet_cost
