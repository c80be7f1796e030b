#pragma once

#include <string>

namespace mobilenet_cost {

/// Throws Error for fewer than 1 thread, and for more than any measurement needs: four for each processor, or
/// 64. Thread libraries end the process, or wait forever, when the system refuses to start another thread.
void check_threads(const std::string& engine, int threads);

}  // namespace mobilenet_cost
