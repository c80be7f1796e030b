#pragma once

#include <array>
#include <memory>
#include <string>

#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/model/cost.h"

namespace mobilenet_cost {

/// An engine with the data type that it computes in. As a name: the engine's own with f32, otherwise
/// "native:i8".
struct TypedName {
    std::string engine;
    DataType data_type = DataType::f32;

    bool operator==(const TypedName&) const = default;
};

[[nodiscard]] std::string typed_name(const TypedName& typed);

/// Throws Error as read_computed_type() does.
[[nodiscard]] TypedName read_typed_name(const std::string& name);

/// What engines may compute in.
inline constexpr std::array kComputedTypes = {DataType::f32, DataType::i8};

/// One of them, by its name. Throws Error naming the flag.
[[nodiscard]] DataType read_computed_type(const std::string& text, const std::string& flag);

/// Why an engine does not compute in a data type; empty: it does.
[[nodiscard]] std::string type_refusal(const EngineInfo& info, DataType type);

/// An engine whose sessions compute in 8 bits, of networks that passes of `calibrator` in f32 set the scales
/// of (calibrate()).
[[nodiscard]] std::shared_ptr<const Engine> int8_engine(std::shared_ptr<const Engine> engine,
                                                        std::shared_ptr<const Engine> calibrator);

}  // namespace mobilenet_cost
