#include "mobilenet_cost/engine/typed_engine.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/engine/calibration.h"

namespace mobilenet_cost {

namespace {

constexpr char kBetween = ':';

class Int8Engine final : public Engine {
  public:
    Int8Engine(std::shared_ptr<const Engine> engine, std::shared_ptr<const Engine> calibrator)
        : engine_(std::move(engine)), calibrator_(std::move(calibrator)) {}

    EngineInfo info() const override {
        EngineInfo info = engine_->info();
        info.name = typed_name({info.name, DataType::i8});
        info.data_types = {std::string(data_type_name(DataType::i8))};
        return info;
    }

    std::unique_ptr<Session> make_session(const Network& network, const Weights& weights,
                                          const SessionOptions& options) const override {
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            const std::string refusal = int8_refusal(network.layers[i]);
            if (!refusal.empty()) fail(layer_name(network, i), refusal);
        }
        SessionOptions typed = options;
        typed.scales = std::make_shared<const NetworkScales>(calibrate(*calibrator_, network, weights));
        return engine_->make_session(network, weights, typed);
    }

  private:
    std::shared_ptr<const Engine> engine_;
    std::shared_ptr<const Engine> calibrator_;
};

}  // namespace

std::string typed_name(const TypedName& typed) {
    if (typed.data_type == DataType::f32) return typed.engine;
    return typed.engine + kBetween + std::string(data_type_name(typed.data_type));
}

DataType read_computed_type(const std::string& text, const std::string& flag) {
    const auto found = std::find_if(kComputedTypes.begin(), kComputedTypes.end(),
                                    [&](DataType type) { return data_type_name(type) == text; });
    if (found != kComputedTypes.end()) return *found;
    std::vector<std::string> names;
    for (const DataType type : kComputedTypes)
        names.emplace_back(data_type_name(type));
    fail(flag, fmt::format("expected a data type that passes compute in, {}, found {}",
                           fmt::join(names, " or "), in_quotes(text)));
}

TypedName read_typed_name(const std::string& name) {
    const std::size_t end = name.find(kBetween);
    if (end == std::string::npos) return {name};
    return {name.substr(0, end), read_computed_type(name.substr(end + 1), "--engine")};
}

std::string type_refusal(const EngineInfo& info, DataType type) {
    const std::vector<std::string>& types = info.data_types;
    if (std::find(types.begin(), types.end(), data_type_name(type)) != types.end()) return {};
    return fmt::format("computes in {} alone, not in {}", fmt::join(types, " and "), data_type_name(type));
}

std::shared_ptr<const Engine> int8_engine(std::shared_ptr<const Engine> engine,
                                          std::shared_ptr<const Engine> calibrator) {
    return std::make_shared<const Int8Engine>(std::move(engine), std::move(calibrator));
}

}  // namespace mobilenet_cost
