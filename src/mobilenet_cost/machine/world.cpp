#include "mobilenet_cost/machine/world.h"

namespace mobilenet_cost {

Clock& World::clock() {
    return clock_;
}

NoiseSnapshot World::noise() {
    return read_noise();
}

std::optional<std::int64_t> World::available_memory_bytes() {
    return mobilenet_cost::available_memory_bytes();
}

Preflight World::preflight() {
    return run_preflight(clock());
}

}  // namespace mobilenet_cost
