#include "say.h"

#include <cstdio>
#include <string>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost::app {

void say_text(std::string_view text) {
    constexpr std::size_t kLongest = 1200;  // characters; a sentence that names many layers has 1000
    const std::string line = fmt::format("mobilenet-cost: {}\n", abridged(text, kLongest));
    std::fwrite(line.data(), 1, line.size(), stderr);  // what cannot be said is no reason to end
}

}  // namespace mobilenet_cost::app
