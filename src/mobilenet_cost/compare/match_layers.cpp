#include "mobilenet_cost/compare/match_layers.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {
namespace {

std::string sizes_text(const Shape& shape) {
    return fmt::format("{}x{}x{}x{}", shape.n, shape.h, shape.w, shape.c);
}

/// What two layers have in common that are the same but for padding, activation, what they read and how
/// batch norm is stored: libraries differ in these.
std::string key_of(const MatchedNetwork& of, std::size_t index) {
    const Layer& layer = of.network.layers[index];
    const Window window = window_of(layer);
    return fmt::format("{} {} {} {} {} {} {}", of.ops[index], window.kernel, window.stride, window.dilation,
                       window.groups, sizes_text(layer.input), sizes_text(layer.output));
}

/// Part of a sequence.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;

    [[nodiscard]] std::size_t size() const { return end - begin; }
};

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

/// The pairs in order whose values have the largest sum; two of value 0 are none. Of several ways the one
/// that pairs earliest, so that of repeated layers the last ones are left over.
template <typename Value>
Pairs align(const Span& base, const Span& contender, const Value& value) {
    enum Step : char { skip_base, skip_contender, pair };
    constexpr std::size_t kMostCells = std::size_t{1} << 27;
    if (base.size() != 0 && contender.size() > kMostCells / base.size())
        fail("", fmt::format("expected networks that are more alike, found {} and {} layers to match",
                             base.size(), contender.size()));
    const std::size_t columns = contender.size() + 1;
    std::vector<Step> steps(base.size() * contender.size());
    std::vector<std::int64_t> below(columns, 0);
    std::vector<std::int64_t> row(columns, 0);
    for (std::size_t i = base.size(); i-- > 0;) {
        for (std::size_t j = contender.size(); j-- > 0;) {
            const std::int64_t worth = value(base.begin + i, contender.begin + j);
            const std::int64_t paired = worth == 0 ? -1 : worth + below[j + 1];
            const std::int64_t skipped = std::max(below[j], row[j + 1]);
            row[j] = std::max(paired, skipped);
            steps[i * contender.size() + j] = paired >= skipped        ? pair
                                              : below[j] >= row[j + 1] ? skip_base
                                                                       : skip_contender;
        }
        std::swap(row, below);
    }
    Pairs pairs;
    for (std::size_t i = 0, j = 0; i < base.size() && j < contender.size();) {
        const Step step = steps[i * contender.size() + j];
        if (step == pair) pairs.emplace_back(base.begin + i, contender.begin + j);
        i += step == skip_contender ? 0 : 1;
        j += step == skip_base ? 0 : 1;
    }
    return pairs;
}

class Matching {
  public:
    Matching(const MatchedNetwork& base, const MatchedNetwork& contender)
        : base_(base), contender_(contender) {
        describe(base, base_keys_, base_names_);
        describe(contender, contender_keys_, contender_names_);
    }

    std::vector<LayerPair> run() {
        Span base{0, base_keys_.size()};
        Span contender{0, contender_keys_.size()};
        Pairs last;  // what both begin and end with needs no table
        while (base.size() != 0 && contender.size() != 0 && equal(base.begin, contender.begin))
            pairs_.push_back({base.begin++, contender.begin++});
        while (base.size() != 0 && contender.size() != 0 && equal(base.end - 1, contender.end - 1))
            last.emplace_back(--base.end, --contender.end);
        append_between(base, contender);
        for (auto pair = last.rbegin(); pair != last.rend(); ++pair)
            pairs_.push_back({pair->first, pair->second});
        return std::move(pairs_);
    }

  private:
    void describe(const MatchedNetwork& of, std::vector<std::size_t>& keys, std::vector<std::string>& names) {
        for (std::size_t i = 0; i < of.network.layers.size(); ++i) {
            keys.push_back(known_keys_.try_emplace(key_of(of, i), known_keys_.size()).first->second);
            names.push_back(layer_name(of.network, i));
        }
    }

    [[nodiscard]] bool equal(std::size_t i, std::size_t j) const {
        return base_keys_[i] == contender_keys_[j];
    }
    [[nodiscard]] bool namesakes(std::size_t i, std::size_t j) const {
        return base_names_[i] == contender_names_[j];
    }

    /// What speaks for one layer being the other one, as it is or after a change; 0: nothing. One that is the
    /// same is worth some that changed, not a whole network of them.
    [[nodiscard]] std::int64_t likeness(std::size_t i, std::size_t j) const {
        const bool named = namesakes(i, j);
        if (equal(i, j)) return 30 + (named ? 1 : 0);
        const Layer& left = base_.network.layers[i];
        const Layer& right = contender_.network.layers[j];
        const bool same_op = base_.ops[i] == contender_.ops[j];
        if (!same_op && !(named && same_kind(i, j))) return 0;
        const bool same_size = left.output.h == right.output.h && left.output.w == right.output.w;
        const bool same_kernel = window_of(left).kernel == window_of(right).kernel;
        return (same_op ? 4 : 2) + (same_size ? 3 : 0) + (named ? 2 : 0) + (same_kernel ? 1 : 0);
    }

    [[nodiscard]] bool same_kind(std::size_t i, std::size_t j) const {
        return base_.network.layers[i].kind.index() == contender_.network.layers[j].kind.index();
    }

    void append_between(const Span& base, const Span& contender) {
        Pairs pairs = align(base, contender, [this](std::size_t i, std::size_t j) { return likeness(i, j); });
        Span gap{base.begin, base.begin};
        Span other{contender.begin, contender.begin};
        pairs.emplace_back(base.end, contender.end);
        for (const auto& [i, j] : pairs) {
            gap.end = i;
            other.end = j;
            append_gap(gap, other);
            if (i < base.end) pairs_.push_back({i, j});
            gap.begin = i + 1;
            other.begin = j + 1;
        }
    }

    /// Two alone between pairs are one that became another.
    void append_gap(const Span& gap, const Span& other) {
        if (gap.size() == 1 && other.size() == 1 && same_kind(gap.begin, other.begin)) {
            pairs_.push_back({gap.begin, other.begin});
            return;
        }
        for (std::size_t i = gap.begin; i < gap.end; ++i)
            pairs_.push_back({i, std::nullopt});
        for (std::size_t j = other.begin; j < other.end; ++j)
            pairs_.push_back({std::nullopt, j});
    }

    const MatchedNetwork& base_;
    const MatchedNetwork& contender_;
    std::map<std::string, std::size_t> known_keys_;
    std::vector<std::size_t> base_keys_;
    std::vector<std::size_t> contender_keys_;
    std::vector<std::string> base_names_;
    std::vector<std::string> contender_names_;
    std::vector<LayerPair> pairs_;
};

}  // namespace

std::vector<std::string> layer_ops(const ModelConfig& config, const Network& network) {
    std::vector<std::string> ops;
    for (const Layer& layer : network.layers) {
        const Block& block = config.blocks[static_cast<std::size_t>(layer.block)];
        const bool known = !std::holds_alternative<Unknown>(layer.kind);
        ops.emplace_back(known ? std::string(op_name(layer)) : std::get<UnknownBlock>(block.kind).op);
    }
    return ops;
}

Window window_of(const Layer& layer) {
    if (const auto* conv = std::get_if<Conv>(&layer.kind))
        return {conv->kernel, conv->stride, conv->dilation, conv->groups, conv->padding};
    if (const auto* pool = std::get_if<WindowPool>(&layer.kind))
        return {.kernel = pool->kernel, .stride = pool->stride, .padding = pool->padding};
    if (const auto* conv = std::get_if<TransposedConv>(&layer.kind))
        return {.kernel = conv->kernel, .stride = conv->stride, .padding = conv->padding};
    return {};
}

std::vector<LayerPair> match_layers(const MatchedNetwork& base, const MatchedNetwork& contender) {
    return Matching(base, contender).run();
}

}  // namespace mobilenet_cost
