// Any bytes give a model or an Error, and any variant of a model gives consistent counts or an Error.
// Whatever else leaves here is a finding. Bytes behind the first NUL choose a variant beside the fixed ones.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/count/explain.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "fuzz/fuzz_check.h"

namespace mc = mobilenet_cost;

namespace {

/// The corners of what a user can ask for: rounding of tiny widths, odd sizes, counts near overflow.
const std::array<mc::Variant, 4> kVariants = {
    {{},
     {.alpha = 0.5,
      .resolution = {33, 64},
      .form = {.channels = 1, .top = false, .output_stride = 8, .depth_multiplier = 2}},
     {.alpha = 0.01, .resolution = 1, .classes = 1},
     {.alpha = 1.4, .resolution = 97, .batch = 1 << 20, .scope = mc::AlphaScope::inner}}};

/// The next value of the tail; 0 at its end.
template <typename Value>
Value take(std::string_view& tail) {
    Value value{};
    const std::size_t size = tail.size() < sizeof(Value) ? tail.size() : sizeof(Value);
    std::memcpy(&value, tail.data(), size);
    tail.remove_prefix(size);
    return value;
}

mc::Variant variant_of(std::string_view tail) {
    mc::Variant variant;
    variant.alpha = take<std::uint16_t>(tail) / 256.0;
    variant.resolution = take<std::int16_t>(tail);
    variant.scope = take<std::uint8_t>(tail) % 2 == 0 ? mc::AlphaScope::published : mc::AlphaScope::inner;
    variant.batch = take<std::int32_t>(tail);
    variant.classes = take<std::int64_t>(tail);
    if (tail.empty()) return variant;
    variant.resolution.width = take<std::int16_t>(tail);
    variant.form = {.channels = take<std::int32_t>(tail),
                    .top = take<std::uint8_t>(tail) % 2 == 0,
                    .output_stride = mc::kOutputStrides.at(take<std::uint8_t>(tail) % 3U),
                    .depth_multiplier = take<std::int16_t>(tail)};
    return variant;
}

mc::Cost sum_of_layers(const mc::Network& network) {
    mc::Cost sum;
    for (const mc::Layer& layer : network.layers)
        sum += mc::layer_cost(layer);
    return sum;
}

void check_counts(const mc::ModelConfig& config, const mc::Variant& variant, const mc::Network& network) {
    const mc::Cost total = mc::total_cost(network);
    require(total == sum_of_layers(network), "layers sum to the total");
    require(total == mc::total_cost(config, variant), "the total is the same without the network");
    const mc::PeakMemory apart = mc::peak_memory(network, mc::Overlap::none);
    const mc::PeakMemory in_place = mc::peak_memory(network, mc::Overlap::in_place);
    require(in_place.elements <= apart.elements, "working in place never needs more memory");
    require(apart.layer < network.layers.size() && in_place.layer < network.layers.size(),
            "peak layer exists");
    mc::check_network(mc::standard_counterpart(network));
}

void check_analysis(const mc::Analysis& analysis) {
    std::int64_t macs = 0;
    std::int64_t params = 0;
    for (const mc::LayerAnalysis& layer : analysis.layers) {
        macs += layer.macs;
        params += layer.params;
    }
    require(macs == analysis.totals.macs && params == analysis.totals.params, "rows sum to the totals");
    require(analysis.totals.macs > 0 && analysis.totals.params > 0, "ratios of totals are finite");
}

void check_summary(const mc::Summary& summary, const mc::Analysis& analysis) {
    require(summary.totals.macs == analysis.totals.macs && summary.standard.macs == analysis.standard.macs &&
                summary.cost == analysis.cost && summary.peak_elements == analysis.peak.elements,
            "a sweep's numbers are those of the analysis");
}

void check_variant(const mc::ModelConfig& config, const mc::Variant& variant) try {
    const mc::Network network = mc::expand(config, variant);
    mc::check_network(network);
    check_counts(config, variant, network);
    mc::SummaryScratch scratch;
    for (const char* name : {"paper", "onnx_tool"}) {  // the fewest and the most terms
        const mc::Convention& convention = mc::find_convention(name);
        const mc::Analysis analysis = mc::analyze(config, variant, mc::DataType::f32, convention);
        check_analysis(analysis);
        check_summary(mc::summarize(config, variant, convention, scratch), analysis);
    }
    require(!mc::explain_layer(network, network.layers.size() - 1, mc::DataType::i8).steps.empty(),
            "explained");
} catch (const mc::Error&) {  // this variant does not exist
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kMostBlocks = 200;  // keeps one input quick; more blocks are more of the same
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::string_view text = input.substr(0, input.find('\0'));
    try {
        const mc::ModelConfig config = mc::parse_model_config(text, "fuzz.json");
        if (config.blocks.size() > kMostBlocks) return 0;
        for (const mc::Variant& variant : kVariants)
            check_variant(config, variant);
        if (text.size() < input.size()) check_variant(config, variant_of(input.substr(text.size() + 1)));
    } catch (const mc::Error&) {  // not a model
    }
    return 0;
}
