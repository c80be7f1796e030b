#include "mobilenet_cost/runtime/cube_ai.h"

#include <algorithm>
#include <array>
#include <vector>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kV1 = "keras:MobileNet";
constexpr const char* kV2 = "keras:MobileNetV2";

// STMicroelectronics/stm32ai-modelzoo, image_classification/mobilenetv1/README.md and mobilenetv2/README.md,
// "Reference MCU memory footprint": Flowers has 5 classes, ImageNet 1000.
constexpr auto kRows = std::to_array<CubeAiRow>({
    {kV1, 0.25, 224, 3, 5, 27296, 1638, 21469, 6805},
    {kV1, 0.5, 224, 3, 5, 44958, 1638, 81261, 8146},
    {kV1, 0.25, 96, 3, 5, 6696, 1633, 21469, 6800},
    {kV1, 0.25, 96, 1, 5, 5280, 1633, 21455, 7027},
    {kV1, 0.25, 224, 3, 1000, 27296, 1643, 46733, 7002},
    {kV1, 0.5, 224, 3, 1000, 43107, 1643, 131400, 8338},
    {kV1, 1.0, 224, 3, 1000, 133113, 1648, 415709, 11011},
    {kV2, 0.35, 128, 3, 5, 23732, 3014, 40686, 10829},
    {kV2, 0.35, 224, 3, 5, 83264, 3019, 40686, 10840},
    {kV2, 0.35, 128, 3, 1000, 23732, 3014, 165450, 10829},
    {kV2, 0.35, 224, 3, 1000, 83264, 3019, 165450, 10840},
    {kV2, 1.0, 224, 3, 1000, 172702, 3019, 345897, 15737},
    {kV2, 1.4, 224, 3, 1000, 233220, 3019, 601534, 19116},
});

/// A printed figure may stand for up to half of its last digit more: rounded up.
std::int64_t bytes_of(std::int64_t hundredths) {
    return (checked_multiply(hundredths, 1024) + 99) / 100;
}

Network network_of(const CubeAiRow& row) {
    Variant variant{.alpha = row.alpha, .resolution = row.resolution, .classes = row.classes};
    variant.form.channels = row.channels;
    return expand(find_model(row.model), variant);
}

/// The same layers, whatever their blocks are called.
bool is_same(const Network& left, const Network& right) {
    const auto same_layer = [](Layer one, const Layer& other) {
        one.block = other.block;
        one.role = other.role;
        return one == other;
    };
    return left.input == right.input && std::equal(left.layers.begin(), left.layers.end(),
                                                   right.layers.begin(), right.layers.end(), same_layer);
}

}  // namespace

std::optional<CubeAiNeed> published_cube_ai(const Network& network) {
    static const std::vector<Network> networks = [] {
        std::vector<Network> made;
        for (const CubeAiRow& row : kRows)
            made.push_back(network_of(row));
        return made;
    }();
    const auto found = std::find_if(networks.begin(), networks.end(),
                                    [&](const Network& one) { return is_same(network, one); });
    if (found == networks.end()) return std::nullopt;
    const CubeAiRow& row = kRows.at(static_cast<std::size_t>(found - networks.begin()));
    return CubeAiNeed{.ram_bytes = bytes_of(row.activation_ram + row.runtime_ram),
                      .flash_bytes = bytes_of(row.weights_flash + row.code_flash)};
}

}  // namespace mobilenet_cost
