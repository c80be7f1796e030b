// Any bytes are a TensorFlow Lite model that check_import() takes, or an Error. Whatever else leaves here is
// a finding.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/import/tflite/reader.h"

#include "fuzz/fuzz_import.h"

namespace mc = mobilenet_cost;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
    try {
        mc::check_import(mc::read_tflite(bytes, *bytes, "fuzz.tflite"));
    } catch (const mc::Error&) {  // not a model
    }
    return 0;
}
