#include "mobilenet_cost/compare/network_diff.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/compare/match_layers.h"

namespace mobilenet_cost {
namespace {

DiffCounts counts_of(const Cost& cost, DataType type) {
    return {cost.macs, parameter_count(cost, BatchNormCount::bn1), weight_bytes(cost, type),
            traffic_bytes(cost, type)};
}

DiffLayer diff_layer(const MatchedNetwork& of, std::size_t index, DataType type) {
    const Layer& layer = of.network.layers[index];
    DiffLayer side{layer_name(of.network, index), of.ops[index], layer.input, layer.output, {}, true};
    side.known = !std::holds_alternative<Unknown>(layer.kind);
    side.counts = counts_of(layer_cost(layer), type);
    return side;
}

std::string map_text(const Shape& shape) {
    return size_text(shape.h, shape.w, shape.c);
}

std::string padding_text(const Padding& zeros) {
    return fmt::format("{},{},{},{}", zeros.top, zeros.bottom, zeros.left, zeros.right);
}

/// What two layers that stand for each other differ in.
class Change {
  public:
    Change(const MatchedNetwork& base, const MatchedNetwork& contender, const LayerPair& pair)
        : left_(base.network.layers[*pair.base]), right_(contender.network.layers[*pair.contender]) {
        add("op", base.ops[*pair.base], contender.ops[*pair.contender]);
        add_window(window_of(left_), window_of(right_));
        add("input", map_text(left_.input), map_text(right_.input));
        add("output", map_text(left_.output), map_text(right_.output));
        add("activation", std::string(enum_name(left_.activation)),
            std::string(enum_name(right_.activation)));
        add("bias", bias_text(left_), bias_text(right_));
        if (what_.empty() && !same_settings()) what_.emplace_back("settings");
    }

    std::vector<std::string> take() { return std::move(what_); }

  private:
    void add(const char* what, const std::string& left, const std::string& right) {
        if (left != right) what_.push_back(fmt::format("{} {} -> {}", what, left, right));
    }

    /// Groups of a depthwise convolution are its channels, zeros around a map belong to a kernel.
    void add_window(const Window& left, const Window& right) {
        add("kernel", sides_text(left.kernel), sides_text(right.kernel));
        add("stride", sides_text(left.stride), sides_text(right.stride));
        add("dilation", sides_text(left.dilation), sides_text(right.dilation));
        if (!is_depthwise(left_) || !is_depthwise(right_))
            add("groups", std::to_string(left.groups), std::to_string(right.groups));
        if (left.kernel == right.kernel && left.dilation == right.dilation)
            add("padding", padding_text(left.padding), padding_text(right.padding));
    }

    /// A batch norm is a bias once it is folded.
    static std::string bias_text(const Layer& layer) {
        const Cost cost = layer_cost(layer);
        return cost.biases + cost.bn_channels == 0 ? "no" : "yes";
    }

    /// Of layers without a window.
    [[nodiscard]] bool same_settings() const {
        const bool compared = std::holds_alternative<Conv>(left_.kind) ||
                              std::holds_alternative<TransposedConv>(left_.kind) ||
                              std::holds_alternative<Concat>(left_.kind);
        return compared || left_.kind == right_.kind;
    }

    const Layer& left_;
    const Layer& right_;
    std::vector<std::string> what_;
};

class Differ {
  public:
    Differ(const MatchedNetwork& base, const MatchedNetwork& contender, NetworkDiff& diff)
        : base_(base),
          contender_(contender),
          diff_(diff),
          stands_for_(base.network.layers.size() + 1, kNoTensor),
          has_base_(contender.network.layers.size() + 1, false) {
        stands_for_.front() = 0;
        has_base_.front() = true;
    }

    void run() {
        const std::vector<LayerPair> pairs = match_layers(base_, contender_);
        for (const LayerPair& pair : pairs) {
            if (!pair.base || !pair.contender) continue;
            stands_for_[*pair.base + 1] = static_cast<TensorId>(*pair.contender + 1);
            has_base_[*pair.contender + 1] = true;
        }
        for (const LayerPair& pair : pairs) {
            if (pair.base && pair.contender)
                add_pair(pair);
            else
                add(pair.base ? LayerChange::gone : LayerChange::added, pair, {});
        }
    }

  private:
    void add_pair(const LayerPair& pair) {
        std::vector<std::string> what = Change(base_, contender_, pair).take();
        if (reads_another(pair)) what.emplace_back("reads another layer");
        if (what.empty())
            ++diff_.same;
        else
            add(LayerChange::changed, pair, std::move(what));
    }

    void add(LayerChange change, const LayerPair& pair, std::vector<std::string> what) {
        LayerDifference difference{change, std::nullopt, std::nullopt, std::move(what)};
        if (pair.base) difference.base = diff_layer(base_, *pair.base, diff_.base.data_type);
        if (pair.contender)
            difference.contender = diff_layer(contender_, *pair.contender, diff_.contender.data_type);
        diff_.differences.push_back(std::move(difference));
    }

    /// Where a layer that was read is gone or was added, its neighbours must read something else.
    [[nodiscard]] bool reads_another(const LayerPair& pair) const {
        std::vector<TensorId> expected;
        for_each_input(base_.network.layers[*pair.base], [&](TensorId tensor) {
            expected.push_back(stands_for_[static_cast<std::size_t>(tensor)]);
        });
        std::size_t place = 0;
        bool another = false;
        for_each_input(contender_.network.layers[*pair.contender], [&](TensorId tensor) {
            const bool both = place < expected.size() && expected[place] != kNoTensor &&
                              has_base_[static_cast<std::size_t>(tensor)];
            another = another || place == expected.size() || (both && expected[place] != tensor);
            ++place;
        });
        return another || place != expected.size();
    }

    const MatchedNetwork& base_;
    const MatchedNetwork& contender_;
    NetworkDiff& diff_;
    std::vector<TensorId> stands_for_;  ///< by a tensor of the base
    std::vector<bool> has_base_;        ///< by a tensor of the contender
};

MatchedNetwork matched(const NetworkToDiff& of) {
    MatchedNetwork made{expand(of.config, of.variant), {}};
    made.ops = layer_ops(of.config, made.network);
    return made;
}

DiffSide diff_side(const NetworkToDiff& of, const Network& network) {
    DiffSide side;
    side.model = of.config.name;
    side.variant = of.variant;
    side.variant.resolution = {network.input.h, network.input.w};
    side.data_type = of.data_type;
    side.layers = static_cast<std::int64_t>(network.layers.size());
    for (const Layer& layer : network.layers)
        side.unknown += std::holds_alternative<Unknown>(layer.kind) ? 1 : 0;
    side.counts = counts_of(total_cost(network), of.data_type);
    return side;
}

}  // namespace

NetworkDiff diff_networks(const NetworkToDiff& base, const NetworkToDiff& contender) {
    const MatchedNetwork left = matched(base);
    const MatchedNetwork right = matched(contender);
    NetworkDiff diff;
    diff.base = diff_side(base, left.network);
    diff.contender = diff_side(contender, right.network);
    Differ(left, right, diff).run();
    return diff;
}

}  // namespace mobilenet_cost
