#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/model_config.h"

namespace mobilenet_cost::test {

inline constexpr std::array kModels = {
    "mobilenet_v1",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "mobilenet_v3_large_minimalistic",
    "mobilenet_v3_small",
    "mobilenet_v3_small_minimalistic",
    "mobilenet_v4_conv_large",
    "mobilenet_v4_conv_medium",
    "mobilenet_v4_conv_small",
};

/// A bundled model by name, or a file of tests/data by its ".json" name; from the source tree, read once.
inline const ModelConfig& model(const std::string& name) {
    static std::map<std::string, ModelConfig> loaded;
    const auto found = loaded.find(name);
    if (found != loaded.end()) return found->second;
    const std::string root = MOBILENET_COST_SOURCE_DIR;
    const std::string path =
        name.ends_with(".json") ? root + "/tests/data/" + name : root + "/configs/" + name + ".json";
    return loaded.emplace(name, load_model_config(path)).first->second;
}

/// A family that exists only in a test.
inline ModelConfig family(std::vector<Block> blocks) {
    ModelConfig config;
    config.name = "tiny";
    config.resolution = 8;
    config.blocks = std::move(blocks);
    std::vector<std::string> names;
    for (const Block& block : config.blocks)
        names.push_back(block.name);
    config.block_names = std::make_shared<const std::vector<std::string>>(std::move(names));
    return config;
}

/// Text of the Error that `call` throws; "no error" if it throws none. Anything else that it throws gets
/// through and fails the test.
inline std::string error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace mobilenet_cost::test
