#include "say.h"

#include <cstdio>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost::app {

void say_text(std::string_view text) {
    constexpr std::size_t kLongest = 1200;  // characters; a sentence that names many layers has 1000
    fmt::print(stderr, "mobilenet-cost: {}\n", abridged(text, kLongest));
}

}  // namespace mobilenet_cost::app
