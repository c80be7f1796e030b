#include "mobilenet_cost/engine/native/int8/session.h"

#include <algorithm>
#include <utility>

#include "mobilenet_cost/engine/int8_session.h"
#include "mobilenet_cost/engine/native/depthwise.h"
#include "mobilenet_cost/engine/native/int8/conv.h"
#include "mobilenet_cost/engine/native/int8/depthwise.h"
#include "mobilenet_cost/engine/native/threads.h"

namespace mobilenet_cost {

namespace {

/// A pixel's channels come in multiples of this, at least.
constexpr std::int64_t kLeastBlock = 16;

SessionRules int8_rules() {
    SessionRules rules{.engine = "native"};
    rules.memory.channel_multiple = std::max(kLeastBlock, block_channels(best_int8_kernels()));
    return rules;
}

class NativeInt8Session final : public Int8Session {
  public:
    NativeInt8Session(const Network& network, const Weights& weights, const SessionOptions& options,
                      std::int64_t l2_bytes)
        : Int8Session(network, weights, options, int8_rules(), Stored::offset),
          shared_{&best_int8_kernels(), options.threads},
          threads_(options.threads),
          convs_(network.layers.size()) {
        if (reads_input_by_blocks()) spread_input();
        pack(l2_bytes);
        for (std::size_t i = 0; i < network.layers.size(); ++i)
            add_layer(i);
    }

  private:
    void pass(const std::function<void()>& body) override { threads_.pass(body); }
    void execute(std::size_t step) override { threads_.execute(steps_[step], step + 1 == steps_.size()); }

    /// Whether a layer reads the network's input, whose pixels are not padded, by anything but rows of a
    /// matrix.
    bool reads_input_by_blocks() const {
        if (padded(network().input.c) == network().input.c) return false;
        return std::any_of(network().layers.begin(), network().layers.end(), [](const Layer& layer) {
            const bool product = std::holds_alternative<Conv>(layer.kind) && !is_plain_depthwise(layer);
            return !product && (layer.inputs[0] == 0 || layer.inputs[1] == 0);
        });
    }

    std::int64_t padded(std::int64_t channels) const {
        const std::int64_t block = int8_rules().memory.channel_multiple;
        return divide_up(channels, block) * block;
    }

    void spread_input() {
        const Shape& shape = network().input;
        const std::int64_t pixel = padded(shape.c);
        const auto bytes = static_cast<std::size_t>(shape.n * shape.h * shape.w * pixel);
        spread_ = {reinterpret_cast<std::uint8_t*>(scratch_memory(bytes)), pixel};
        add(0, int8_spread_step(shape, view_of_memory(0), spread_));
    }

    void pack(std::int64_t l2_bytes) {
        std::size_t bytes = 0;
        std::int64_t scratch = 0;
        for (std::size_t i = 0; i < convs_.size(); ++i) {
            const Layer& layer = network().layers[i];
            if (!std::holds_alternative<Conv>(layer.kind)) continue;
            convs_[i] = is_plain_depthwise(layer)
                            ? plan_int8_depthwise(shared_, layer, quantised(i), padded(layer.output.c))
                            : plan_int8_conv(shared_, layer, quantised(i), l2_bytes);
            bytes += convs_[i]->weight_bytes();
            scratch = std::max(scratch, convs_[i]->scratch_bytes());
        }
        std::byte* memory = weight_memory(bytes);
        for (const auto& conv : convs_) {
            if (!conv) continue;
            conv->pack(memory);
            memory += conv->weight_bytes();
        }
        for (QuantisedLayer& layer : quantised())
            layer.filter = {};  // packed
        scratch_ = std::make_unique<Int8Scratch>(shared_.threads, scratch);
        if (scratch > 0) scratch_->place(scratch_memory(scratch_->bytes()));
    }

    void add_layer(std::size_t i) {
        const Layer& layer = network().layers[i];
        const Int8Views of = views(i);
        const std::string target = std::string(":") + shared_.kernels->target;
        if (convs_[i]) {
            add(i, convs_[i]->step(of, *scratch_), convs_[i]->name());
        } else if (std::holds_alternative<GlobalPool>(layer.kind)) {
            add(i, int8_pool_step(shared_, layer, quantised(i), of), "int8_mean" + target);
        } else if (std::holds_alternative<Add>(layer.kind)) {
            add(i, int8_sum_step(shared_, layer, quantised(i), of), "int8_add" + target);
        } else if (std::holds_alternative<Scale>(layer.kind)) {
            add(i, int8_product_step(shared_, layer, quantised(i), of), "int8_scale" + target);
        } else {
            add(i, int8_table_step(shared_, layer, quantised(i), of), "int8_table");
        }
    }

    void add(std::size_t layer, NativeStep step, const std::string& kernel = "") {
        add_step(layer, kernel);
        steps_.push_back(std::move(step));
    }

    Int8View view_of_memory(TensorId id) const {
        return {reinterpret_cast<std::uint8_t*>(memory_of(id)), pixel(id)};
    }
    /// Of the network's input, the copy in whole blocks where there is one.
    Int8View view(TensorId id) const {
        return id == 0 && spread_.values != nullptr ? spread_ : view_of_memory(id);
    }
    Int8Views views(std::size_t layer) const {
        const auto& [first, second] = network().layers[layer].inputs;
        return {view(first), second == kNoTensor ? Int8View{} : view(second),
                view(static_cast<TensorId>(layer + 1))};
    }

    Int8Options shared_;
    NativeThreads threads_;
    Int8View spread_;                                // null: not needed
    std::vector<std::unique_ptr<Int8Layer>> convs_;  // by layer; null: no convolution
    std::unique_ptr<Int8Scratch> scratch_;
    std::vector<NativeStep> steps_;
};

}  // namespace

std::unique_ptr<Session> make_native_int8(const Network& network, const Weights& weights,
                                          const SessionOptions& options, std::int64_t l2_bytes) {
    return std::make_unique<NativeInt8Session>(network, weights, options, l2_bytes);
}

}  // namespace mobilenet_cost
