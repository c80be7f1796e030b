// Any bytes are an ONNX model that check_import() takes, or an Error. Whatever else leaves here is a finding.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/import/onnx_file.h"

#include "fuzz/fuzz_import.h"

namespace mc = mobilenet_cost;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    try {
        mc::check_import(mc::read_onnx({reinterpret_cast<const char*>(data), size}, "fuzz.onnx"));
    } catch (const mc::Error&) {  // not a model
    }
    return 0;
}
